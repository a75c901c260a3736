import type { GateRefusal } from '../../learning/gates/gate.ts';
import type { EvaluationSums } from '../../learning/metrics.ts';

/** A group's version, as it was made. */
export interface MadeVersion {
  readonly group: string;
  /** From 0. */
  readonly number: number;
  readonly sha256: string;
  readonly bytes: number;
  /** Bytes of its download by those who have the one before; absent where it goes whole. */
  readonly deltaBytes?: number;
}

/** An update that did not count: its training failed, or a gate held it back. */
export type Refusal = Pick<GateRefusal, 'participant' | 'code' | 'message'>;

/** How a version did on the test examples of the participants that use it. */
export interface RoundEvaluation {
  readonly exampleCount: number;
  readonly accuracy: number;
  readonly loss: number;
  /** Accuracy of the participants, each alike: mean, the worst tenth's mean, and the variance. */
  readonly fairness: { readonly mean: number; readonly worstTenth: number; readonly variance: number };
  /** By participant, or by file where others than the participants judge. */
  readonly of: readonly {
    readonly id: string;
    readonly group: string;
    readonly sums: Omit<EvaluationSums, 'confusion'>;
  }[];
}

/** What came of a round; one JSON line. */
export interface RoundRecord {
  /** From 1; 0 is the making of the first versions. */
  readonly round: number;
  readonly cohort: readonly string[];
  /** Whose updates counted, sorted. */
  readonly contributors: readonly string[];
  readonly refused: readonly Refusal[];
  /** The group that each contributor counted in, where there are several. */
  readonly groups: Readonly<Record<string, string>>;
  /** The versions that the round made. */
  readonly versions: readonly MadeVersion[];
  /** Train examples behind the versions. */
  readonly exampleCount: number;
  readonly trainedLoss: number;
  /** Bytes that participants sent and fetched, and what they would have been uncompressed. */
  readonly uploadedBytes: number;
  readonly downloadedBytes: number;
  readonly plainUploadBytes: number;
  readonly plainDownloadBytes: number;
  readonly evaluation?: RoundEvaluation;
}
