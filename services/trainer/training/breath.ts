import { setImmediate } from 'node:timers/promises';
import { CodedError } from '../../../runtime/errors.ts';

/** Lets a computation see what came in meanwhile, and others see that it is alive. */
export interface Breath {
  /** Gives way to the event loop now and then. @throws CodedError `E_ABORTED` once `abort` was called. */
  breathe(): Promise<void>;
  abort(): void;
}

const SIGN_OF_LIFE_INTERVAL_MS = 500;

/** @param alive called about twice a second while somebody breathes. */
export function createBreath(alive: () => void): Breath {
  let aborted = false;
  let lastMs = Date.now();
  return {
    breathe: async () => {
      await setImmediate();
      if (aborted) throw new CodedError('E_ABORTED', 'the training was called off');
      if (Date.now() - lastMs < SIGN_OF_LIFE_INTERVAL_MS) return;
      lastMs = Date.now();
      alive();
    },
    abort: () => {
      aborted = true;
    },
  };
}
