import type { ChosenFile } from './public-source.ts';

const SPEAKERS = ['george', 'jackson', 'lucas', 'nicolas', 'theo', 'yweweler'];
const DIGITS = 10;
const TAKES = 20;
/** The data set's own rule: the first takes are for tests. */
const TEST_TAKES = 5;
const SAMPLE_RATE_HZ = 8000;
const HEADER_BYTES = 44;
const SAMPLE_BYTES = 2;

/** Which files of the repository the set is made of: the first twenty takes of each digit by each speaker. */
export function spokenDigitFiles(): readonly ChosenFile[] {
  return SPEAKERS.flatMap((speaker) =>
    Array.from({ length: DIGITS * TAKES }, (_, index): ChosenFile => {
      const [digit, take] = [Math.floor(index / TAKES), index % TAKES];
      const name = `${digit}_${speaker}_${take}.wav`;
      return {
        member: `recordings/${name}`,
        file: `wav/${speaker}/${name}`,
        client: speaker,
        label: String(digit),
        split: take < TEST_TAKES ? 'test' : 'train',
        columns: {
          sample_rate: () => SAMPLE_RATE_HZ,
          samples: (bytes) => (bytes.length - HEADER_BYTES) / SAMPLE_BYTES,
        },
      };
    }),
  );
}
