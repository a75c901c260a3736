import type { ConnectorState, Gap, Receiver, ResumePoint, Sample } from '../../connectors/connector.ts';

/** A receiver that keeps everything, and refuses samples while `refuse` is set. */
export class RecordingReceiver implements Receiver {
  readonly batches: (readonly Sample[])[] = [];
  readonly gaps: Gap[] = [];
  readonly states: ConnectorState[] = [];
  /** What an earlier life of the receiver is to have had. */
  readonly resume = new Map<string, ResumePoint>();
  refuse: Error | undefined;

  receive(samples: readonly Sample[]): void {
    if (this.refuse !== undefined) throw this.refuse;
    this.batches.push(samples);
  }

  gap(gap: Gap): void {
    this.gaps.push(gap);
  }

  state(state: ConnectorState): void {
    this.states.push(state);
  }

  resumePoints(): ReadonlyMap<string, ResumePoint> {
    return this.resume;
  }

  /** Rows of the ledger as they are at last, in the order in which they began. */
  get rows(): Omit<Gap, 'id'>[] {
    return [...new Map(this.gaps.map((gap) => [gap.id, gap])).values()].map(({ id: _, ...row }) => row);
  }

  /** The state without what was measured. */
  get currentState(): Omit<ConnectorState, 'figures'> | undefined {
    const { figures: _, ...state } = this.states.at(-1) ?? { state: 'connecting' };
    return this.states.length === 0 ? undefined : state;
  }

  /** Samples of a signal in the order of arrival. */
  of(signal: string): Sample[] {
    return this.batches.flat().filter((sample) => sample.signal === signal);
  }

  /** Values of a signal in the order of arrival, those with a source timestamp that came before left out. */
  distinct(signal: string): Sample['value'][] {
    const byTime = new Map<number, Sample['value']>();
    for (const { sourceTimestampMs, value } of this.of(signal)) {
      if (!byTime.has(sourceTimestampMs)) byTime.set(sourceTimestampMs, value);
    }
    return [...byTime.values()];
  }

  get current(): ConnectorState | undefined {
    return this.states.at(-1);
  }
}
