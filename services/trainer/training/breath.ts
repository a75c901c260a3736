import { setImmediate } from 'node:timers/promises';
import { CodedError } from '../../../runtime/errors.ts';

/** Lets a computation see what came in meanwhile, and others see that it is alive. */
export interface Breath {
  /**
   * Gives way to the event loop now and then; cheap enough to be called after every step.
   * @throws CodedError `E_ABORTED` once `abort` was called.
   */
  breathe(): Promise<void>;
  abort(): void;
}

const SIGN_OF_LIFE_INTERVAL_MS = 500;
/** Soon enough for a call to end, and seldom enough that small steps do not feel it. */
const BREATH_INTERVAL_MS = 20;

/** @param alive called about twice a second while somebody breathes. */
export function createBreath(alive: () => void): Breath {
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
      alive();
    },
    abort: () => {
      aborted = true;
    },
  };
}
