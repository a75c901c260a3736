import type { AasConnection } from '../../../../aas/client/aas-request.ts';
import type { AasTarget } from '../../../../aas/client/publish/aas-target.ts';
import { partOfShell } from '../../../../aas/client/publish/publication-parts.ts';
import type { Publication } from '../../../../aas/publication.ts';
import type { AasIds } from '../../../../aas/submodels/aas-ids.ts';
import type { Schemas, AasTarget as TargetSettings } from '../../../../openapi/schemas.ts';
import type { Log } from '../../../../runtime/log.ts';
import { readSecret } from '../../../../runtime/read-secret.ts';
import type { Participants } from '../../participants.ts';
import type { Store } from '../../store/store.ts';
import { publicationOf, versionOfPublication } from '../publication-name.ts';
import { TargetPublisher } from './target-publisher.ts';

interface Options {
  readonly targets: readonly TargetSettings[];
  readonly store: Store;
  readonly participants: Participants;
  readonly ids: AasIds;
  readonly log: Log;
  /** Where our own AAS is reached. */
  readonly aasUrl: string;
  /** Makes what the AAS shows of the thing with that outbox name. */
  build(name: string): Publication;
}

/** The publishers of all outside targets. */
export interface OutsidePublishers {
  /** A state of the moment changed. */
  note(name: string): void;
  /** The outbox has something. */
  poke(): void;
  status(): Schemas['TargetStatus'][];
  close(): Promise<void>;
}

/**
 * Opens a publisher for each target of the settings, and compares everything with it.
 * @throws CodedError `E_FILE_NOT_FOUND`, `E_INVALID_INPUT` for a token that cannot be read
 */
export async function openOutsidePublishers(options: Options): Promise<OutsidePublishers> {
  const { targets, store, ids, participants, log, build } = options;
  store.transaction(() => store.targetOutbox.setTargets(targets.map(({ id }) => id)));
  const names = () => [
    'aggregator',
    ...participants.ids().map((id) => `participant:${id}`),
    ...store.federations.all().flatMap(({ federation: { id } }) => [
      ...store.versions
        .all(id)
        .filter(({ publishedAt }) => publishedAt !== undefined)
        .map(publicationOf),
      `federation:${id}`,
    ]),
  ];
  const buildAlone = (name: string): Publication => {
    const publication = build(name);
    const version = versionOfPublication(name);
    if (version === undefined) return publication;
    // A version is published together with its federation; here each goes by itself, in order.
    return partOfShell(publication, ids.model(version.federation, version.group, version.number));
  };
  const publishers: TargetPublisher[] = [];
  for (const target of targets) {
    const connect = await connectionsOf(target, options.aasUrl);
    const resyncEveryMs = target.resyncEveryMs ?? 3_600_000;
    const publisher = new TargetPublisher({
      id: target.id,
      connect,
      resyncEveryMs,
      store,
      log,
      names,
      build: buildAlone,
    });
    publisher.resync();
    publishers.push(publisher);
  }
  return {
    note: (name) => {
      for (const publisher of publishers) publisher.note(name);
    },
    poke: () => {
      for (const publisher of publishers) publisher.poke();
    },
    status: () => publishers.map((publisher) => publisher.status),
    async close() {
      await Promise.all(publishers.map((publisher) => publisher.close()));
    },
  };
}

/** Reads the target's tokens. */
async function connectionsOf(
  target: TargetSettings,
  ownUrl: string,
): Promise<(signal: AbortSignal) => AasTarget> {
  const { id, externalUrl, delegationBaseUrl } = target;
  const roles = ['repository', 'aasRegistry', 'submodelRegistry', 'discovery'] as const;
  const connections: Partial<Record<(typeof roles)[number], AasConnection>> = {};
  for (const role of roles) {
    const server = target[role];
    if (server !== undefined) connections[role] = await connectionOf(server);
  }
  return (signal) => ({
    id,
    ownUrl,
    ...(externalUrl !== undefined && { externalUrl }),
    ...(delegationBaseUrl !== undefined && { delegationBaseUrl }),
    ...Object.fromEntries(
      Object.entries(connections).map(([role, connection]) => [role, { ...connection, signal }]),
    ),
  });
}

/** A server of the settings with its token. @throws CodedError `E_FILE_NOT_FOUND`, `E_INVALID_INPUT` */
export async function connectionOf(server: Schemas['AasServer']): Promise<AasConnection> {
  return {
    url: server.url,
    ...(server.timeoutMs !== undefined && { timeoutMs: server.timeoutMs }),
    ...(server.token !== undefined && { bearerToken: await readSecret(server.token) }),
  };
}
