import type { Schemas } from '../../openapi/schemas.ts';

type Progress = Schemas['TrainingProgress'];

/** Which participants are training at the moment, and how far they are. */
export class Activity {
  readonly #training = new Map<string, { jobs: number; progress?: Progress }>();

  /** Notes that a participant trains while `work` goes on. */
  async during<Value>(participant: string, work: () => Promise<Value>): Promise<Value> {
    const entry = this.#training.get(participant) ?? { jobs: 0 };
    this.#training.set(participant, { ...entry, jobs: entry.jobs + 1 });
    try {
      return await work();
    } finally {
      const left = this.#training.get(participant)!;
      if (left.jobs === 1) this.#training.delete(participant);
      else this.#training.set(participant, { ...left, jobs: left.jobs - 1 });
    }
  }

  noteProgress(participant: string, progress: Progress): void {
    const entry = this.#training.get(participant);
    if (entry !== undefined) this.#training.set(participant, { ...entry, progress });
  }

  isTraining(participant: string): boolean {
    return this.#training.has(participant);
  }

  progress(participant: string): Progress | undefined {
    return this.#training.get(participant)?.progress;
  }
}
