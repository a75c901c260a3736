import { readFileSync } from 'node:fs';
import { median } from './figure.ts';

/** Clock ticks a second of /proc/PID/stat: fixed at 100 on Linux for every user program (USER_HZ). */
const TICKS_A_SECOND = 100;
const SAMPLE_INTERVAL_MS = 1_000;

/** Measures the CPU time and the resident memory of one process from its making on. Linux only. */
export class ProcessMeter {
  readonly #pid: number;
  readonly #startedMs = performance.now();
  readonly #cpuSecondsAtStart: number;
  readonly #memoryMB: { readonly atSeconds: number; readonly value: number }[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number) {
    this.#pid = pid;
    this.#cpuSecondsAtStart = cpuSeconds(pid);
    this.#timer = setInterval(() => {
      this.#memoryMB.push({ atSeconds: this.#seconds(), value: residentMB(pid) });
    }, SAMPLE_INTERVAL_MS);
  }

  /** User and system time of all its threads over wall time, since the making. */
  cores(): number {
    return (cpuSeconds(this.#pid) - this.#cpuSecondsAtStart) / this.#seconds();
  }

  /**
   * Median of the last 10 s less that of seconds 30 to 40, in MB.
   * @throws RangeError if it was measured for less than 40 s.
   */
  memoryGrowthMB(): number {
    const end = this.#memoryMB.at(-1)?.atSeconds ?? 0;
    const valuesOf = (from: number, to: number) =>
      this.#memoryMB
        .filter(({ atSeconds }) => atSeconds >= from && atSeconds <= to)
        .map(({ value }) => value);
    return median(valuesOf(end - 10, end)) - median(valuesOf(30, 40));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #seconds(): number {
    return (performance.now() - this.#startedMs) / 1000;
  }
}

/** User and system time of all threads of a process so far. Linux only. */
export function cpuSeconds(pid: number): number {
  // The command's name may hold spaces and brackets; the fields after its last bracket are fixed.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop()?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

function residentMB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1000;
}
