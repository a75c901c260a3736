import { setImmediate } from 'node:timers/promises';
import { MemoryFiles } from '../../../learning/aggregation/fold/spool-files.ts';
import { type GateSpec, refuseAlone } from '../../../learning/gates/gate.ts';
import { contributionFacts } from '../../../learning/pipeline/contribution-facts.ts';
import { verifyEncodedUpdate } from '../../../learning/pipeline/verify-encoded-update.ts';
import type { ContributionFacts, Strategy } from '../../../learning/strategies/strategy.ts';
import { type ExpectedCompression, type ExpectedUpdate, verifyUpdate } from '../../../learning/update.ts';
import type { UpdateHeader } from '../../../learning/update-header.ts';
import type { Contribution } from '../../../openapi/schemas.ts';
import { CodedError, toCodedError } from '../../../runtime/errors.ts';
import { timestamp } from '../clock.ts';
import { OpenFiles } from '../fold/open-files.ts';
import { present } from '../store/present.ts';
import type { RoundKey } from '../store/round-table.ts';
import type { SpooledUpdate } from '../store/update-store.ts';
import type { LiveRound } from './open-round.ts';
import { groupsFor } from './plan-groups.ts';
import type { RunServices } from './run-context.ts';

/** An update as it comes in. */
export interface IncomingUpdate {
  readonly key: RoundKey;
  readonly participant: string;
  /** What the sender says its bytes hash to. */
  readonly sha256: string;
  readonly body: AsyncIterable<Uint8Array>;
  /** The round that takes updates of this key now, if any; asked again when the bytes are in. */
  live(): LiveRound | undefined;
  /** The federation's; it says which parts and numbers an update has. */
  readonly strategy: Strategy;
  /** How the federation compresses deltas and gates updates. */
  readonly compression: ExpectedCompression | undefined;
  readonly gates: GateSpec;
  /** What bounds an update, so that nobody can outweigh the others with a number. */
  readonly bounds: Pick<ExpectedUpdate, 'maximumExampleCount' | 'maximumNorm' | 'largest'>;
}

/** What a request tells; the run knows the rest. */
export type UpdateRequest = Pick<IncomingUpdate, 'key' | 'participant' | 'sha256' | 'body'>;

/** Room for an update's header beside its tensors. */
const HEADER_ALLOWANCE_BYTES = 4 * 1024 ** 2;

/**
 * Takes an update once per contribution key. The same again is answered as the first time.
 * @throws CodedError with the code of the refusal, which is on record then.
 */
export async function acceptUpdate(services: RunServices, incoming: IncomingUpdate): Promise<Contribution> {
  const { store, metrics } = services;
  const { key, participant } = incoming;
  try {
    const accepted = alreadyAccepted(services, incoming) ?? (await take(services, incoming));
    metrics.updateBytes.inc(accepted.bytes);
    return accepted;
  } catch (thrown) {
    const error = toCodedError(thrown);
    metrics.refusals.inc({ code: error.code });
    // A full disk says nothing of the update, and a key of a round that never was cannot be on its record.
    if (isRefusal(error) && store.rounds.get(key) !== undefined) {
      store.contributions.refuse({
        ...key,
        participant,
        code: error.code,
        message: error.message,
        gaveUp: false,
        at: timestamp(),
      });
      services.runChanged(key.run);
    }
    throw error;
  }
}

function isRefusal({ code }: CodedError): boolean {
  return (
    code.startsWith('E_UPDATE_') ||
    ['E_ROUND_CLOSED', 'E_ALREADY_CONTRIBUTED', 'E_NOT_IN_COHORT'].includes(code)
  );
}

function alreadyAccepted(
  { store }: RunServices,
  { key, participant, sha256 }: IncomingUpdate,
): Contribution | undefined {
  const accepted = store.contributions.get(key, participant);
  if (accepted === undefined || accepted.sha256 === sha256) return accepted;
  throw new CodedError(
    'E_ALREADY_CONTRIBUTED',
    `${participant} has contributed ${accepted.sha256} to run ${key.run}, round ${key.round}, attempt ${key.roundAttempt}`,
    { details: { acceptedSha256: accepted.sha256 } },
  );
}

async function take(services: RunServices, incoming: IncomingUpdate): Promise<Contribution> {
  const live = liveRoundFor(services, incoming);
  const seat = services.store.groupCommit.enter();
  try {
    const spooled = await spool(services, incoming, live);
    try {
      const contribution = await verified(incoming, live, spooled);
      return await seat.commit(() => count(services, incoming, contribution, spooled));
    } catch (thrown) {
      if (!services.store.contributions.references(incoming.key, spooled.sha256)) await spooled.discard();
      throw thrown;
    }
  } finally {
    seat.leave();
  }
}

async function verified(
  { key, participant, strategy, bounds, compression, gates }: IncomingUpdate,
  { row, bases, tensors, staleness }: LiveRound,
  { sha256, bytes, place, chunks }: SpooledUpdate,
): Promise<Contribution> {
  const groups = groupsFor(row, participant);
  const own = new Map(bases.map(({ group, version }) => [group, version.sha256]));
  const expected: ExpectedUpdate = {
    ...key,
    participant,
    baseSha256: groups.flatMap((group) => own.get(group) ?? []),
    parts: strategy.parts,
    tensors,
    ...(strategy.isLocal !== undefined && { isLocal: strategy.isLocal }),
    compression,
    ...bounds,
  };
  const header =
    compression === undefined
      ? await verifyUpdate(chunks(), expected)
      : await verifyEncoded(place, bytes, expected);
  // Refused now: the fold would find the same fault, when nobody can send another.
  const facts = contributionFacts(strategy, header, { participant, groups }, staleness?.() ?? 0);
  refuseOtherBase(header, facts, own);
  refuseGated(gates, facts);
  const { exampleCount, scalars } = header;
  return present({
    ...key,
    participant,
    sha256,
    bytes,
    exampleCount,
    trainedLoss: scalars['trainedLoss'],
    trainedAccuracy: scalars['trainedAccuracy'],
  });
}

async function verifyEncoded(
  place: Uint8Array | string,
  bytes: number,
  expected: ExpectedUpdate,
): Promise<UpdateHeader> {
  const disk = new OpenFiles();
  const files = new MemoryFiles(disk);
  const path = typeof place === 'string' ? place : 'update';
  if (typeof place !== 'string') files.put(path, place);
  try {
    return await verifyEncodedUpdate({ files, path, bytes, expected, breathe: () => setImmediate() });
  } finally {
    disk.close();
  }
}

/** @throws CodedError `E_UPDATE_BASE` if it names a group and began from another's version. */
function refuseOtherBase(
  { baseSha256 }: UpdateHeader,
  { participant, group }: ContributionFacts,
  bases: ReadonlyMap<string, string>,
): void {
  if (bases.get(group) === baseSha256) return;
  const message = `it counts in group ${group} and began from ${baseSha256}, which is not that group's version`;
  const faults = [{ path: 'baseSha256', message }];
  throw new CodedError('E_UPDATE_BASE', `the update of ${participant} is refused: ${message}`, { faults });
}

/** Gates that see one update's facts tell its sender; those of norms fire at the close. */
function refuseGated(gates: GateSpec, facts: ContributionFacts): void {
  const { maximumNorm: _later, maximumTimesMedianNorm: _last, ...alone } = gates;
  const refusal = refuseAlone(alone, facts);
  if (refusal === undefined) return;
  const faults = [{ path: refusal.gate, message: refusal.message }];
  throw new CodedError(refusal.code, `the update of ${facts.participant} is refused: ${refusal.message}`, {
    faults,
  });
}

function liveRoundFor({ participants }: RunServices, { key, participant, live }: IncomingUpdate): LiveRound {
  const round = live();
  if (round === undefined) {
    throw new CodedError(
      'E_ROUND_CLOSED',
      `run ${key.run}, round ${key.round}, attempt ${key.roundAttempt} takes no updates (any longer)`,
    );
  }
  if (!round.row.cohort.includes(participant)) {
    throw new CodedError('E_NOT_IN_COHORT', `${participant} is not in the cohort of round ${key.round}`);
  }
  if (participants.get(participant) === undefined) {
    throw new CodedError('E_NOT_IN_COHORT', `${participant} was taken out`);
  }
  return round;
}

async function spool(
  { store }: RunServices,
  { sha256, body, strategy }: IncomingUpdate,
  { bases }: LiveRound,
) {
  try {
    return await store.updates.spool(body, {
      expectedSha256: sha256,
      maximumBytes:
        Math.max(...bases.map(({ version }) => version.bytes)) * strategy.parts.length +
        HEADER_ALLOWANCE_BYTES,
    });
  } catch (thrown) {
    const error = toCodedError(thrown);
    if (error.code === 'E_HASH_MISMATCH')
      throw new CodedError('E_UPDATE_HASH', error.message, { cause: error });
    throw error;
  }
}

/** In one transaction: the round still takes updates, the key is free, the contribution counts. */
function count(
  services: RunServices,
  incoming: IncomingUpdate,
  contribution: Contribution,
  spooled: SpooledUpdate,
): Contribution {
  const { store } = services;
  const live = liveRoundFor(services, incoming);
  if (!store.contributions.insert(contribution)) return alreadyAccepted(services, incoming)!;
  spooled.keep();
  if (live.unstored) {
    store.rounds.put(live.row);
    live.unstored = false;
  }
  return contribution;
}
