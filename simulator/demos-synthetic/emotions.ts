/** How a generated voice says something in an emotion, against its neutral way. */
export interface Manner {
  /** Factor of the pitch. */
  readonly pitch: number;
  /** How far the pitch moves within a sentence, as a share of it. */
  readonly pitchRange: number;
  /** Whether the pitch rises or falls over the sentence, as a share of it. */
  readonly pitchSlope: number;
  /** Of full scale. */
  readonly loudness: number;
  /** Factor of the syllables a second. */
  readonly pace: number;
  /** 0 is a dull voice, 1 a sharp one. */
  readonly brightness: number;
  /** Trembling of the pitch, as a share of it. */
  readonly tremor: number;
  /** Share of breath in the voice. */
  readonly breath: number;
}

/**
 * The seven classes of DEMoS in the order of published work. The values are plausible, not measured: they follow the
 * tendencies that K. R. Scherer lists (Vocal communication of emotion, Speech Communication 40, 2003).
 */
export const MANNERS: Readonly<Record<string, Manner>> = {
  anger: {
    pitch: 1.3,
    pitchRange: 0.35,
    pitchSlope: -0.1,
    loudness: 0.5,
    pace: 1.15,
    brightness: 0.9,
    tremor: 0.02,
    breath: 0.05,
  },
  disgust: {
    pitch: 0.95,
    pitchRange: 0.2,
    pitchSlope: -0.2,
    loudness: 0.25,
    pace: 0.85,
    brightness: 0.45,
    tremor: 0.01,
    breath: 0.15,
  },
  fear: {
    pitch: 1.4,
    pitchRange: 0.2,
    pitchSlope: 0.05,
    loudness: 0.25,
    pace: 1.25,
    brightness: 0.6,
    tremor: 0.06,
    breath: 0.3,
  },
  guilt: {
    pitch: 0.92,
    pitchRange: 0.12,
    pitchSlope: -0.1,
    loudness: 0.15,
    pace: 0.9,
    brightness: 0.3,
    tremor: 0.02,
    breath: 0.25,
  },
  happiness: {
    pitch: 1.3,
    pitchRange: 0.5,
    pitchSlope: 0.1,
    loudness: 0.4,
    pace: 1.1,
    brightness: 0.75,
    tremor: 0.01,
    breath: 0.08,
  },
  sadness: {
    pitch: 0.85,
    pitchRange: 0.1,
    pitchSlope: -0.15,
    loudness: 0.13,
    pace: 0.75,
    brightness: 0.2,
    tremor: 0.03,
    breath: 0.2,
  },
  surprise: {
    pitch: 1.45,
    pitchRange: 0.4,
    pitchSlope: 0.45,
    loudness: 0.35,
    pace: 1,
    brightness: 0.65,
    tremor: 0.01,
    breath: 0.12,
  },
};

export const EMOTIONS: readonly string[] = Object.keys(MANNERS);
