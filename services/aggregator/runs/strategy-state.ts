import { readSpooledHeader } from '../../../learning/pipeline/spooled-tensors.ts';
import type { Strategy } from '../../../learning/strategies/strategy.ts';
import { readStateHeader } from '../../../learning/strategies/strategy-state.ts';
import type { FileReference } from '../../../openapi/schemas.ts';
import { OpenFiles } from '../fold/open-files.ts';
import type { PlanState } from './plan-groups.ts';
import type { RunContext } from './run-context.ts';

/** What the strategy keeps beside the federation's newest version, without its slots; its first state where there is none. */
export function planState({ store, federation }: RunContext, strategy: Strategy): PlanState {
  const newest = store.versions.newest(federation.id);
  const stored = newest === undefined ? undefined : store.strategyStates.get(newest);
  if (stored === undefined) {
    const { slots: _none, ...state } = strategy.init([]).state;
    return state;
  }
  const files = new OpenFiles();
  try {
    return readStateHeader(readSpooledHeader(files, store.versionFiles.path(stored.sha256))).state;
  } finally {
    files.close();
  }
}

/** The state that participants download beside the versions; undefined where they need none, or there is none yet. */
export function downloadedState(
  { store, federation }: RunContext,
  { downloads }: Strategy,
): FileReference | undefined {
  if (downloads.slots.length === 0) return undefined;
  const newest = store.versions.newest(federation.id);
  const stored = newest === undefined ? undefined : store.strategyStates.get(newest);
  if (newest === undefined || stored === undefined) return undefined;
  return { group: newest.group, number: newest.number, sha256: stored.sha256, bytes: stored.bytes };
}
