/** Turns one window of a waveform into the features of an example. */
export interface FeatureExtractor {
  /** Features of a window. */
  readonly size: number;
  /**
   * Computes the features and allocates nothing. A sample that is not finite makes features that are not finite.
   * @param window as many samples as the extractor was made for.
   * @param into receives `size` features.
   * @throws RangeError for another length of either.
   */
  extract(window: Float32Array, into: Float32Array): void;
}

/** A feature's key and the options of that key, as a data profile writes them. */
export interface FeatureSpec {
  readonly key: string;
  readonly [option: string]: unknown;
}
