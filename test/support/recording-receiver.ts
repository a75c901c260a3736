import type { ConnectorState, Gap, Receiver, Sample } from '../../connectors/connector.ts';

/** A receiver that keeps everything, and refuses samples while `refuse` is set. */
export class RecordingReceiver implements Receiver {
  readonly batches: (readonly Sample[])[] = [];
  readonly gaps: Gap[] = [];
  readonly states: ConnectorState[] = [];
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
