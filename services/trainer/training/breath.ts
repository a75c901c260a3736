import { setImmediate } from 'node:timers/promises';
import { CodedError } from '../../../runtime/errors.ts';
import { outOfMemory } from './out-of-memory.ts';

/** Lets a computation see what came in meanwhile, and others see that it is alive. */
export interface Breath {
  /**
   * Gives way to the event loop now and then; cheap enough to be called after every step.
   * @throws CodedError `E_ABORTED` once `abort` was called, `E_OUT_OF_MEMORY` beyond the limit.
   */
  breathe(): Promise<void>;
  /** Says ahead how long it may be until the next breath, where that may be more than seconds. */
  expectSilence(milliseconds: number): void;
  abort(): void;
}

interface BreathOptions {
  /** Called about twice a second while somebody breathes, and with a silence that is expected. */
  readonly alive: (expectedSilenceMs?: number) => void;
  /** Resident memory of the process that is too much. @defaultValue none */
  readonly memoryLimitBytes?: number | undefined;
}

const SIGN_OF_LIFE_INTERVAL_MS = 500;
/** Soon enough for a call to end, and seldom enough that small steps do not feel it. */
const BREATH_INTERVAL_MS = 20;

export function createBreath({ alive, memoryLimitBytes = Number.POSITIVE_INFINITY }: BreathOptions): Breath {
  let aborted = false;
  let breathedMs = Date.now();
  let toldMs = breathedMs;
  return {
    breathe: async () => {
      if (Date.now() - breathedMs < BREATH_INTERVAL_MS && !aborted) return;
      await setImmediate();
      breathedMs = Date.now();
      if (aborted) throw new CodedError('E_ABORTED', 'the training was called off');
      if (breathedMs - toldMs < SIGN_OF_LIFE_INTERVAL_MS) return;
      toldMs = breathedMs;
      const usedBytes = process.memoryUsage.rss();
      if (usedBytes > memoryLimitBytes) {
        throw outOfMemory(
          `it uses ${mebibytes(usedBytes)} MiB, its slot has ${mebibytes(memoryLimitBytes)} MiB`,
        );
      }
      alive();
    },
    expectSilence: alive,
    abort: () => {
      aborted = true;
    },
  };
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}
