import type { ConnectorState } from '../connector.ts';
import { writeStoreState } from './store-state.ts';

const CHANGE_MS = 1_000;
const HEARTBEAT_MS = 5_000;

/** Keeps the state file of a store: a change at most once a second, and a sign of life in between. */
export class StateHeartbeat {
  readonly #folder: string;
  #state: ConnectorState = { state: 'connecting' };
  #hasChanged = true;
  #writtenMs = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  set(state: ConnectorState): void {
    this.#state = state;
    this.#hasChanged = true;
  }

  /** Writes the file if it is time to. @param storedBytes bytes of all segments. */
  async write(storedBytes: number): Promise<void> {
    const nowMs = Date.now();
    if (nowMs - this.#writtenMs < (this.#hasChanged ? CHANGE_MS : HEARTBEAT_MS)) return;
    this.#hasChanged = false;
    this.#writtenMs = nowMs;
    await writeStoreState(this.#folder, { ...this.#state, updatedMs: nowMs, storedBytes });
  }
}
