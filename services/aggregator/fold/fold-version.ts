import { setImmediate } from 'node:timers/promises';
import { contributionFacts } from '../../../learning/pipeline/contribution-facts.ts';
import { finishedPieces, outlineOf, type ReducedClose } from '../../../learning/pipeline/finish-pieces.ts';
import { reduceRound } from '../../../learning/pipeline/reduce-round.ts';
import { type SumBounds, spoolReducer } from '../../../learning/pipeline/spool-reducer.ts';
import {
  byteOffsetsOf,
  readSpooledHeader,
  spooledTensors,
} from '../../../learning/pipeline/spooled-tensors.ts';
import type { TensorSource } from '../../../learning/pipeline/tensor-source.ts';
import { randomStream } from '../../../learning/random.ts';
import { MAIN_GROUP, type ModelTensor, type Strategy } from '../../../learning/strategies/strategy.ts';
import {
  readStateHeader,
  slotTensorName,
  stateMetadata,
  stateTensors,
} from '../../../learning/strategies/strategy-state.ts';
import { readUpdateHeader } from '../../../learning/update-header.ts';
import type { TensorSpec } from '../../../learning/weights/tensor.ts';
import { readVersionMetadata, writeVersionMetadata } from '../../../learning/weights/version-metadata.ts';
import type { Contribution } from '../../../openapi/schemas.ts';
import type { StoredFile } from '../../../runtime/file-store.ts';
import type { Store } from '../store/store.ts';
import type { VersionRow } from '../store/version-table.ts';
import type { FoldPool } from './fold-pool.ts';
import { rolesOf } from './roles-of.ts';
import { openRoundSpool, type RoundSpool } from './round-spool.ts';
import { type TensorDraft, tensorDraft } from './tensor-draft.ts';

/** The file of the next version and what it is made of. */
export interface FoldedVersion extends StoredFile {
  readonly exampleCount: number;
  readonly tensors: readonly TensorSpec[];
  /** What the strategy keeps beside it, if anything. */
  readonly state: StoredFile | undefined;
}

interface Folding {
  readonly store: Store;
  readonly pool: FoldPool;
  readonly strategy: Strategy;
  readonly base: VersionRow;
  readonly contributions: readonly Contribution[];
  readonly seed: number;
  readonly round: number;
  readonly participantCount: number;
  readonly bounds: SumBounds;
}

/**
 * Turns a round's contributions into the next version's file. The same ones give the same bytes, so that doing it
 * again after a kill changes nothing. In memory are pieces of a megabyte, however large the model and the cohort.
 * @throws CodedError as `reduceRound` and `finishedPieces`; what the file system throws.
 */
export async function foldVersion(folding: Folding): Promise<FoldedVersion> {
  const { store, pool } = folding;
  const contributions = byParticipant(folding.contributions);
  const spool = openRoundSpool(store, pool, contributions);
  try {
    const close = await reduced(folding, spool, contributions);
    const { metadata } = readSpooledHeader(spool.files, store.versionFiles.path(folding.base.sha256));
    const number = folding.base.number + 1;
    return {
      ...(await written(store, close, writeVersionMetadata({ ...readVersionMetadata(metadata), number }))),
      exampleCount: contributions.reduce((sum, { exampleCount }) => sum + exampleCount, 0),
      tensors: close.model.map(({ name, shape }) => ({ name, shape })),
    };
  } finally {
    await spool.close();
  }
}

async function reduced(
  { store, strategy, base, seed, round, participantCount, bounds }: Folding,
  spool: RoundSpool,
  contributions: readonly Contribution[],
): Promise<ReducedClose> {
  const { files } = spool;
  const headers = spool.updates.map(({ header }) => readUpdateHeader(header));
  const baseTensors = openTensors(files, store.versionFiles.path(base.sha256));
  const roles = rolesOf(headers);
  const model = baseTensors.specs.map(({ name, shape }): ModelTensor => {
    return { name, shape, role: roles.get(name) ?? 'local' };
  });
  const { state, slots } = stateOf(store, files, strategy, base, model);
  const groups = await reduceRound({
    strategy,
    state,
    model,
    contributions: headers.map((header, index) => {
      const { participant } = contributions[index]!;
      return contributionFacts(strategy, header, { participant, groups: [MAIN_GROUP] }, 0);
    }),
    random: randomStream({ seed, round, participant: 'main', purpose: 'buckets' }),
    reducer: spoolReducer({ ...spool, bounds }),
  });
  const bases = new Map([[MAIN_GROUP, baseTensors.values]]);
  return { strategy, model, groups, bases, state, slots, participantCount };
}

/** Writes what comes of a reduced round; other work gets its turn between two large pieces. */
async function written(
  store: Store,
  close: ReducedClose,
  metadata: Readonly<Record<string, string>>,
): Promise<StoredFile & { readonly state: StoredFile | undefined }> {
  const { model, strategy } = close;
  const outline = outlineOf(close);
  // Without slots and groups a state says no more than how many rounds there were.
  const isKept = outline.slots.size > 0 || strategy.groupsOf !== undefined;
  const drafts: TensorDraft[] = [];
  try {
    const version = tensorDraft(store.versionFiles, model, metadata);
    drafts.push(version);
    const stateSpecs = stateTensors(outline.slots, model);
    const state = isKept
      ? tensorDraft(store.versionFiles, stateSpecs, stateMetadata(outline.state))
      : undefined;
    if (state !== undefined) drafts.push(state);
    for (const { tensor, begin, versions, slots } of finishedPieces(close)) {
      version.write(tensor, begin, versions.get(MAIN_GROUP)!);
      for (const [slot, values] of slots) state?.write(slotTensorName(slot, tensor), begin, values);
      if (begin > 0) await setImmediate();
    }
    return { ...(await version.store()), state: await state?.store() };
  } finally {
    for (const draft of drafts) await draft.discard();
  }
}

function byParticipant(contributions: readonly Contribution[]): Contribution[] {
  // By code units: an order by locale could differ from one machine to the next.
  return contributions.toSorted((one, other) => (one.participant < other.participant ? -1 : 1));
}

function openTensors(
  files: RoundSpool['files'],
  path: string,
): { specs: readonly TensorSpec[]; values: TensorSource } {
  const header = readSpooledHeader(files, path);
  return { specs: header.tensors, values: spooledTensors(files, path, byteOffsetsOf(header)) };
}

function stateOf(
  store: Store,
  files: RoundSpool['files'],
  strategy: Strategy,
  { federation, number }: VersionRow,
  model: readonly ModelTensor[],
): Pick<ReducedClose, 'state' | 'slots'> {
  const stored = store.strategyStates.get(federation, number);
  if (stored === undefined) {
    const { slots: _none, ...state } = strategy.init(model).state;
    return { state, slots: new Map() };
  }
  const path = store.versionFiles.path(stored.sha256);
  const header = readSpooledHeader(files, path);
  const { state, slots } = readStateHeader(header);
  const offsets = byteOffsetsOf(header);
  const opened = [...slots].map(([slot, names]) => {
    const own = new Map(names.map((name) => [name, offsets.get(slotTensorName(slot, name))!]));
    return [slot, { tensors: new Set(names), values: spooledTensors(files, path, own) }] as const;
  });
  return { state, slots: new Map(opened) };
}
