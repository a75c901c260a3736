import { type FoundParticipant, findParticipants } from '../../../aas/client/find-participants.ts';
import type { AasLookup } from '../../../openapi/schemas.ts';
import { CodedError, toCodedError } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import { timestamp } from '../clock.ts';
import { connectionOf } from '../publishing/targets/outside-publishers.ts';
import { present } from '../store/present.ts';
import type { Proposals } from './proposals.ts';

/** Participants of one registry; more would be a registry gone wrong. */
const MOST_FOUND = 10_000;

/** How a look-up went the last time. */
interface LookUpStatus {
  readonly id: string;
  readonly trouble?: string;
  readonly lookedAt?: string;
}

/** The look-ups in the registries of the settings. */
export interface LookUps {
  status(): LookUpStatus[];
  close(): Promise<void>;
}

/**
 * Looks for participants in the registries of the settings, now and again.
 * @throws CodedError `E_FILE_NOT_FOUND`, `E_INVALID_INPUT` for a token that cannot be read
 */
export async function openLookUps(
  lookups: readonly AasLookup[],
  proposals: Proposals,
  log: Log,
): Promise<LookUps> {
  const all: { status(): LookUpStatus; close(): Promise<void> }[] = [];
  for (const lookup of lookups) all.push(await openLookUp(lookup, proposals, log));
  return {
    status: () => all.map((one) => one.status()),
    close: async () => {
      await Promise.all(all.map((one) => one.close()));
    },
  };
}

async function openLookUp(lookup: AasLookup, proposals: Proposals, log: Log) {
  const stop = new AbortController();
  const registry = { ...(await connectionOf(lookup.registry)), signal: stop.signal };
  let trouble: string | undefined;
  let lookedAt: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  const look = async () => {
    try {
      const found: FoundParticipant[] = [];
      for await (const each of findParticipants({ registry, hosts: lookup.hosts ?? [] })) {
        if (found.length === MOST_FOUND) {
          throw new CodedError('E_AAS_REQUEST', `it has more than ${MOST_FOUND} participants`);
        }
        found.push(each);
      }
      if (stop.signal.aborted) return;
      proposals.noteFound(lookup, found);
      const unread = found.find((each) => each.trouble !== undefined);
      trouble = unread === undefined ? undefined : `participant ${unread.id}: ${unread.trouble}`;
      lookedAt = timestamp();
    } catch (thrown) {
      if (stop.signal.aborted) return;
      const error = toCodedError(thrown);
      if (trouble === undefined) log.warn({ event: 'lookup.failed', lookup: lookup.id }, error.message);
      trouble = `${error.code}: ${error.message}`;
    }
    timer = setTimeout(() => {
      running = look();
    }, lookup.everyMs).unref();
  };
  let running = look();
  return {
    status: () => present({ id: lookup.id, trouble, lookedAt }),
    async close() {
      stop.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
