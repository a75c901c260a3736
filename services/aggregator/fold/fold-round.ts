import type { GateRefusal } from '../../../learning/gates/gate.ts';
import { contributionFacts } from '../../../learning/pipeline/contribution-facts.ts';
import { outlineOf, type ReducedClose } from '../../../learning/pipeline/finish-pieces.ts';
import { gateRound } from '../../../learning/pipeline/gate-round.ts';
import type { AggregatorStage } from '../../../learning/pipeline/pipeline.ts';
import { reduceRound } from '../../../learning/pipeline/reduce-round.ts';
import {
  type SpoolCompression,
  type SpooledUpdate,
  type SumBounds,
  spoolReducer,
} from '../../../learning/pipeline/spool-reducer.ts';
import { readSpooledHeader } from '../../../learning/pipeline/spooled-tensors.ts';
import { updateTensors } from '../../../learning/pipeline/update-tensors.ts';
import { randomStream } from '../../../learning/random.ts';
import type { ContributionFacts, ModelTensor, Strategy } from '../../../learning/strategies/strategy.ts';
import { partTensorName, readUpdateHeader } from '../../../learning/update-header.ts';
import type { TensorSpec } from '../../../learning/weights/tensor.ts';
import { readVersionMetadata } from '../../../learning/weights/version-metadata.ts';
import type { Contribution } from '../../../openapi/schemas.ts';
import type { StoredFile } from '../../../runtime/file-store.ts';
import type { Store } from '../store/store.ts';
import type { VersionRow } from '../store/version-table.ts';
import type { FoldPool } from './fold-pool.ts';
import { openTensors, storedState } from './open-tensors.ts';
import { rolesOf } from './roles-of.ts';
import { openRoundSpool, type RoundSpool } from './round-spool.ts';
import { writeRound } from './write-round.ts';

/** A contribution that does not count, and why. */
export type Refused = Pick<GateRefusal, 'participant' | 'code' | 'message'>;

/** A contribution with what its participant was given to train from. */
export interface FoldedContribution {
  readonly contribution: Contribution;
  /** Groups whose versions it downloaded. */
  readonly groups: readonly string[];
  /** Versions published since the one it trained from. */
  readonly staleness: number;
}

/** A closed round and all that it is folded with. */
export interface Folding {
  readonly store: Store;
  readonly pool: FoldPool;
  readonly strategy: Strategy;
  /** The aggregator's stages of the federation's pipeline. */
  readonly stages: readonly AggregatorStage[];
  readonly compression: SpoolCompression | undefined;
  /** The version that each group goes on from, in the order of the round's bases; at least one. */
  readonly bases: ReadonlyMap<string, VersionRow>;
  /** The newest version of each of the federation's groups. */
  readonly currents: ReadonlyMap<string, VersionRow>;
  /** Whose state the strategy goes on from. */
  readonly stateOf: VersionRow;
  readonly contributions: readonly FoldedContribution[];
  /** Contributions that must be left once gates have held back others. */
  readonly quorum: number;
  readonly seed: number;
  readonly round: number;
  readonly participantCount: number;
  readonly bounds: SumBounds;
}

/** The file of a group's next version and what it is made of. */
export interface FoldedVersion extends StoredFile {
  readonly group: string;
  readonly number: number;
  /** The version that its values come from. */
  readonly parent: VersionRow;
  /** sha256 of the group's current version; undefined for its first. */
  readonly predecessor: string | undefined;
  readonly contributors: readonly string[];
  readonly exampleCount: number;
}

/** What a closed round became. */
export interface FoldedRound {
  /** Empty where too few contributions are left: then the round is to be repeated. */
  readonly versions: readonly FoldedVersion[];
  /** What the strategy keeps beside them, if anything. */
  readonly state: StoredFile | undefined;
  /** The group that each contribution counted in. */
  readonly counted: ReadonlyMap<string, string>;
  readonly refused: readonly Refused[];
  readonly tensors: readonly TensorSpec[];
}

/**
 * Turns a round's contributions into the next versions' files. The same ones give the same bytes, so that doing it again
 * after a kill changes nothing. In memory are pieces of a megabyte, however large the model and the cohort.
 * @throws CodedError as `reduceRound` and `finishedPieces`; what the file system throws.
 */
export async function foldRound(folding: Folding): Promise<FoldedRound> {
  const { store, pool, quorum } = folding;
  const contributions = byParticipant(folding.contributions);
  const spool = openRoundSpool(
    store,
    pool,
    contributions.map(({ contribution }) => contribution),
  );
  try {
    const passed = await passedOf(folding, spool, contributions);
    const { model, facts, updates, refused } = passed;
    const tensors = model.map(({ name, shape }) => ({ name, shape }));
    if (facts.length < quorum) {
      return { versions: [], state: undefined, counted: new Map(), refused, tensors };
    }
    const close = await reduced(folding, spool, { model, facts, updates });
    const outline = outlineOf(close);
    const next = outline.groups.map((group) => nextOf(folding, close, group));
    const { metadata } = readSpooledHeader(spool.files, store.versionFiles.path(next[0]!.parent.sha256));
    const written = await writeRound(store, close, outline, next, readVersionMetadata(metadata));
    const counted = [...close.groups].flatMap(([group, { contributions: own }]) =>
      own.map(({ participant }) => [participant, group] as const),
    );
    return { ...written, counted: new Map(counted), refused, tensors };
  } finally {
    await spool.close();
  }
}

interface Passed {
  readonly model: readonly ModelTensor[];
  readonly facts: readonly ContributionFacts[];
  readonly updates: readonly SpooledUpdate[];
}

/** The contributions that the pipeline lets through, clipped where it clips. */
async function passedOf(
  folding: Folding,
  spool: RoundSpool,
  contributions: readonly FoldedContribution[],
): Promise<Passed & { readonly refused: readonly Refused[] }> {
  const { store, strategy, stages, bounds, compression, bases } = folding;
  const headers = spool.updates.map(({ header }) => readUpdateHeader(header));
  const roles = rolesOf(headers, strategy.parts[0]!);
  const [first] = bases.values();
  const { specs } = openTensors(spool.files, store.versionFiles.path(first!.sha256));
  const model = specs.map(({ name, shape }): ModelTensor => {
    return { name, shape, role: roles.get(name) ?? 'local' };
  });
  const facts = headers.map((header, index) => {
    const { contribution, groups, staleness } = contributions[index]!;
    const assignment = { participant: contribution.participant, groups };
    return contributionFacts(strategy, header, assignment, staleness);
  });
  // Where tensors stay with participants, these may lack what the others send.
  const needed = updateTensors(strategy, strategy.parts[0]!, model).map(({ name }) =>
    partTensorName(strategy.parts[0]!, name),
  );
  const lacking = facts.flatMap(({ participant }, index): Refused[] => {
    const missing = needed.find((name) => !Object.hasOwn(headers[index]!.roles, name));
    if (missing === undefined) return [];
    return [{ participant, code: 'E_UPDATE_SHAPES', message: `it lacks ${missing}, which the others send` }];
  });
  const whole = facts.flatMap(({ participant }, index) =>
    lacking.some((refusal) => refusal.participant === participant) ? [] : [index],
  );
  const some = {
    facts: whole.map((index) => facts[index]!),
    updates: whole.map((index) => spool.updates[index]!),
  };
  const reducer = spoolReducer({ ...spool, updates: some.updates, bounds, compression });
  const { kept, refused, scales } = await gateRound({
    strategy,
    stages,
    model,
    contributions: some.facts,
    reducer,
  });
  return {
    model,
    facts: kept.map((index) => some.facts[index]!),
    updates: kept.map((index) => ({ ...some.updates[index]!, scale: scales[index] })),
    refused: [...lacking, ...refused],
  };
}

async function reduced(
  folding: Folding,
  spool: RoundSpool,
  { model, facts, updates }: Passed,
): Promise<ReducedClose> {
  const { store, strategy, bases, stateOf, seed, round, participantCount, bounds, compression } = folding;
  const { state, slots } = storedState(store, spool.files, strategy, stateOf, model);
  const groups = await reduceRound({
    strategy,
    state,
    model,
    contributions: facts,
    random: randomStream({ seed, round, participant: 'main', purpose: 'buckets' }),
    reducer: spoolReducer({ ...spool, updates, bounds, compression }),
  });
  const values = [...bases].map(
    ([group, { sha256 }]) =>
      [group, openTensors(spool.files, store.versionFiles.path(sha256)).values] as const,
  );
  return { strategy, model, groups, bases: new Map(values), state, slots, participantCount };
}

/** What is known of a group's next version before its values. A group's first follows the version it came from. */
function nextOf(
  { bases, currents }: Folding,
  { groups }: ReducedClose,
  group: string,
): Omit<FoldedVersion, keyof StoredFile> {
  const own = groups.get(group);
  const current = currents.get(group);
  const [first] = bases.values();
  const parent = (own === undefined ? current : bases.get(own.trainedFrom)) ?? first!;
  const contributions = own?.contributions ?? [...groups.values()].flatMap((each) => each.contributions);
  return {
    group,
    number: (current ?? parent).number + 1,
    parent,
    predecessor: current?.sha256,
    contributors: contributions.map(({ participant }) => participant).sort(),
    exampleCount: contributions.reduce((sum, { exampleCount }) => sum + exampleCount, 0),
  };
}

function byParticipant(contributions: readonly FoldedContribution[]): FoldedContribution[] {
  // By code units: an order by locale could differ from one machine to the next.
  return contributions.toSorted((one, other) =>
    one.contribution.participant < other.contribution.participant ? -1 : 1,
  );
}
