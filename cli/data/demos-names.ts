/** What the name of a DEMoS recording says. */
export interface DemosName {
  /** Whether listeners agreed on the emotion. */
  readonly prototypical: boolean;
  readonly sex: 'f' | 'm';
  /** Two digits or more, as in the name. */
  readonly speaker: string;
  readonly emotion: string;
}

/** The corpus' codes, in Italian, and the classes in the order that published work uses; neutral comes last. */
const EMOTIONS: Readonly<Record<string, string>> = {
  rab: 'anger',
  dis: 'disgust',
  pau: 'fear',
  col: 'guilt',
  gio: 'happiness',
  tri: 'sadness',
  sor: 'surprise',
  neu: 'neutral',
};

/**
 * Reads a name such as `PR_f_07_rab12.wav` (README of the corpus, zenodo record 2544829).
 * @returns undefined for a name of another form.
 */
export function parseDemosName(name: string): DemosName | undefined {
  const [, kind, sex, speaker, code] = /^(PR|NP|NEU)_([fm])_(\d+)_([a-z]{3})[^/]*\.wav$/i.exec(name) ?? [];
  const emotion = EMOTIONS[code?.toLowerCase() ?? ''];
  if (speaker === undefined || emotion === undefined) return undefined;
  return {
    prototypical: kind?.toUpperCase() === 'PR',
    sex: sex?.toLowerCase() === 'f' ? 'f' : 'm',
    speaker,
    emotion,
  };
}
