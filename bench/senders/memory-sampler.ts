import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../support/figure.ts';

const SAMPLE_INTERVAL_MS = 50;
const IDLE_SAMPLES = 40;

/** Samples the resident memory of a process at 20 Hz, in MiB. Linux only. */
export class MemorySampler {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #highest = 0;

  constructor(pid: number) {
    this.#pid = pid;
    this.#timer = setInterval(() => {
      this.#highest = Math.max(this.#highest, residentMiB(pid));
    }, SAMPLE_INTERVAL_MS);
  }

  /** The median of the next two seconds. */
  async idle(): Promise<number> {
    const samples: number[] = [];
    while (samples.length < IDLE_SAMPLES) {
      await sleep(SAMPLE_INTERVAL_MS);
      samples.push(residentMiB(this.#pid));
    }
    return median(samples);
  }

  get highest(): number {
    return this.#highest;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function residentMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
}
