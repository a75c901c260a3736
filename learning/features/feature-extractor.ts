/** Turns one window of a waveform into the features of an example. */
export interface FeatureExtractor {
  /** Features of a window. */
  readonly size: number;
  /** How the features lie, row by row, for models that need more than a list: [bands] or [frames, mels]. */
  readonly shape: readonly number[];
  /** Samples of the shortest window that it takes; most take none shorter than the one they were made for. */
  readonly minimumLength: number;
  /** The context signal whose values `extract` needs beside the samples; most need none. */
  readonly speedSignal?: string;
  /**
   * Computes the features and allocates nothing. A sample that is not finite makes features that are not finite.
   * @param window as many samples as the extractor was made for, or fewer down to `minimumLength`.
   * @param into receives `size` features.
   * @param speeds values of `speedSignal` at equal distances, the first at the window's first sample and the last at its
   * last; a single one holds for all of it.
   * @throws RangeError for another length of either, or without the speeds that are needed.
   */
  extract(window: Float32Array, into: Float32Array, speeds?: ArrayLike<number>): void;
}

/** A feature's key and the options of that key, as a data profile writes them. */
export interface FeatureSpec {
  readonly key: string;
  readonly [option: string]: unknown;
}

/** What the extractor is made for. */
export interface FeatureInput {
  /** Samples of a window, from 8. */
  readonly windowLength: number;
  /** Absent where the profile does not say it: frequencies are fractions of it then. */
  readonly sampleRateHz: number | undefined;
}
