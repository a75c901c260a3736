import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConnectorState } from '../connector.ts';

/** What the connector of a store said last, and what waits in the store. */
export interface StoreState extends ConnectorState {
  /** When that was written, in milliseconds since 1970; older than 15 s means that nobody collects. */
  readonly updatedMs: number;
  /** Bytes of all segments. */
  readonly storedBytes: number;
}

/** Writes the state of a store at once or not at all. */
export async function writeStoreState(folder: string, state: StoreState): Promise<void> {
  const file = stateFile(folder);
  const text = JSON.stringify(state, (_key, value: unknown) =>
    // JSON has no infinite numbers: a figure without a number is none.
    typeof value === 'number' && !Number.isFinite(value) ? undefined : value,
  );
  await writeFile(`${file}.partial`, text, { mode: 0o600 });
  await rename(`${file}.partial`, file);
}

/** The state of a store; undefined if nobody collects into it. */
export async function readStoreState(folder: string): Promise<StoreState | undefined> {
  try {
    // Only `writeStoreState` writes the file, and a half-written one never has its name.
    return JSON.parse(await readFile(stateFile(folder), 'utf8')) as StoreState;
  } catch (thrown) {
    if (thrown instanceof SyntaxError || (thrown as { code?: string }).code === 'ENOENT') return undefined;
    throw thrown;
  }
}

/** Takes the state away: nobody collects any more. */
export async function removeStoreState(folder: string): Promise<void> {
  await rm(stateFile(folder), { force: true });
}

function stateFile(folder: string): string {
  return join(folder, 'state.json');
}
