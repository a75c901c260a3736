import { MAIN_GROUP } from '../../../learning/strategies/strategy.ts';
import { CodedError } from '../../../runtime/errors.ts';
import type { VersionRow } from '../store/version-table.ts';
import { type CommandContext, type CommandResult, federationOf } from './command-context.ts';

/** Selects the version that `infer` uses; training goes on from the newest one in any case. */
export async function changeAiModel(context: CommandContext): Promise<CommandResult> {
  const { store, publisher, argument } = context;
  const federation = federationOf(context);
  const modelId = argument.trim();
  const version = modelId === 'latest' ? undefined : requireVersion(context, federation.id, modelId);
  store.transaction(() => {
    if (version === undefined) store.servedVersions.delete(federation.id);
    else store.servedVersions.put(federation.id, version);
    store.publications.add(`federation:${federation.id}`);
  });
  publisher.poke();
  const served = servedVersion(context, federation.id);
  return {
    value: {
      servedVersion: served?.number ?? null,
      ...(served !== undefined && { sha256: served.sha256 }),
      follows: version === undefined ? 'latest' : 'selected',
    },
  };
}

/**
 * The version that is used where a caller names none: the selected one, else the newest of the group whose model the
 * participant uses.
 */
export function servedVersion(
  { store }: Pick<CommandContext, 'store'>,
  federation: string,
  participant?: string,
): VersionRow | undefined {
  const selected = store.servedVersions.get(federation);
  if (selected !== undefined) return store.versions.get(federation, selected.number, selected.group);
  const run = store.runs.latestOf(federation);
  const groups =
    participant === undefined || run === undefined ? undefined : store.contributions.groups(run.id);
  const own = groups?.get(participant ?? '');
  return (
    (own === undefined ? undefined : store.versions.current(federation, own)) ??
    store.versions.current(federation) ??
    store.versions.newest(federation)
  );
}

/** @param modelId a number, a sha256, or the id of the version's shell */
function requireVersion({ store, ids }: CommandContext, federation: string, modelId: string): VersionRow {
  const version = store.versions
    .all(federation)
    .find(
      ({ group, number, sha256 }) =>
        sha256 === modelId ||
        ids.model(federation, group, number) === modelId ||
        (group === MAIN_GROUP && String(number) === modelId),
    );
  if (version !== undefined) return version;
  throw new CodedError('E_NOT_FOUND', `federation ${federation} has no model version "${modelId}"`);
}
