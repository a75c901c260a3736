/** A participant that has no machine: its examples lie in a file. */
export interface VirtualParticipant {
  readonly id: string;
  /** A frozen index of services/trainer/data-set. */
  readonly frozenFile: string;
  readonly trainExamples: number;
  readonly testExamples: number;
  /** By which cohorts may be stratified. */
  readonly attributes: Readonly<Record<string, string>>;
}
