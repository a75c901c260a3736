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
    else store.servedVersions.put(federation.id, version.number);
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

/** The version that is used where a caller names none: the selected one, else the newest. */
export function servedVersion(
  { store }: Pick<CommandContext, 'store'>,
  federation: string,
): VersionRow | undefined {
  const selected = store.servedVersions.get(federation);
  return selected === undefined
    ? store.versions.current(federation)
    : store.versions.get(federation, selected);
}

/** @param modelId a number, a sha256, or the id of the version's shell */
function requireVersion({ store, ids }: CommandContext, federation: string, modelId: string): VersionRow {
  const version = store.versions
    .all(federation)
    .find(
      ({ number, sha256 }) =>
        String(number) === modelId || sha256 === modelId || ids.model(federation, 'main', number) === modelId,
    );
  if (version !== undefined) return version;
  throw new CodedError('E_NOT_FOUND', `federation ${federation} has no model version "${modelId}"`);
}
