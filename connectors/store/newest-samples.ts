import type { ResumePoint, Sample } from '../connector.ts';

interface Newest {
  sourceTimestampMs: number;
  epoch: number;
}

/** Knows of each signal the greatest sourceTimestamp of its last epoch. */
export class NewestSamples {
  readonly #signals = new Map<string, Newest>();

  constructor(points: ReadonlyMap<string, ResumePoint> = new Map()) {
    for (const [signal, point] of points) this.#signals.set(signal, { ...point });
  }

  add(samples: readonly Sample[]): void {
    for (const sample of samples) {
      const time = sample.sourceTimestampMs;
      const epoch = sample.epoch ?? 0;
      const newest = this.#signals.get(sample.signal);
      if (newest === undefined) {
        this.#signals.set(sample.signal, { sourceTimestampMs: time, epoch });
      } else if (epoch === newest.epoch) {
        if (time > newest.sourceTimestampMs) newest.sourceTimestampMs = time;
      } else if (epoch > newest.epoch) {
        newest.sourceTimestampMs = time;
        newest.epoch = epoch;
      }
    }
  }

  /** What is known now, as a copy. */
  points(): Map<string, ResumePoint> {
    return new Map([...this.#signals].map(([signal, point]) => [signal, { ...point }]));
  }
}
