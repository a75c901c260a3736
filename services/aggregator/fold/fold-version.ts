import { closeRound } from '../../../learning/pipeline/close-round.ts';
import { contributionFacts } from '../../../learning/pipeline/contribution-facts.ts';
import { streamReducer } from '../../../learning/pipeline/stream-reducer.ts';
import { randomStream } from '../../../learning/random.ts';
import {
  MAIN_GROUP,
  type ModelTensor,
  type Strategy,
  type StrategyState,
} from '../../../learning/strategies/strategy.ts';
import { decodeState, encodeState } from '../../../learning/strategies/strategy-state.ts';
import { encodeSafetensors, readSafetensors } from '../../../learning/weights/safetensors.ts';
import { streamSafetensors } from '../../../learning/weights/stream-safetensors.ts';
import type { TensorSpec } from '../../../learning/weights/tensor.ts';
import { readVersionMetadata, writeVersionMetadata } from '../../../learning/weights/version-metadata.ts';
import type { Contribution } from '../../../openapi/schemas.ts';
import type { StoredFile } from '../../../runtime/file-store.ts';
import { fileChunks } from '../store/file-chunks.ts';
import { putVersionFile } from '../store/put-version-file.ts';
import type { Store } from '../store/store.ts';
import type { VersionRow } from '../store/version-table.ts';
import { readUpdateHeaders } from './read-update-headers.ts';
import { rolesOf } from './roles-of.ts';

/** The file of the next version and what it is made of. */
export interface FoldedVersion extends StoredFile {
  readonly exampleCount: number;
  readonly tensors: readonly TensorSpec[];
  /** What the strategy keeps beside it, if anything. */
  readonly state: StoredFile | undefined;
}

/**
 * Turns a round's contributions into the next version's file. The same ones give the same bytes, so that doing it
 * again after a kill changes nothing. Only the updates' verified files are read, as streams.
 * @throws CodedError as `closeRound`; what the file system throws.
 */
export async function foldVersion(
  store: Store,
  strategy: Strategy,
  base: VersionRow,
  contributions: readonly Contribution[],
  run: { readonly seed: number; readonly round: number; readonly participantCount: number },
): Promise<FoldedVersion> {
  const { header, tensors } = readSafetensors(await readFile(store, base));
  const metadata = readVersionMetadata(header.metadata);
  const sorted = byParticipant(contributions);
  const open = ({ sha256, bytes }: Contribution) => streamSafetensors(store.updates.read(sha256, bytes));
  const updates = sorted.map((contribution) => ({
    participant: contribution.participant,
    open: () => open(contribution),
  }));
  const headers = await readUpdateHeaders(updates);
  const model = modelOf(header.tensors, rolesOf(headers));
  const bases = new Map([...tensors].map(([name, { values }]) => [name, values]));
  const number = base.number + 1;
  const result = await closeRound({
    strategy,
    state: await stateOf(store, strategy, base, model),
    model,
    bases: new Map([[MAIN_GROUP, bases]]),
    contributions: headers.map((update) =>
      contributionFacts(strategy, update, { participant: update.participant, groups: [MAIN_GROUP] }, 0),
    ),
    participantCount: run.participantCount,
    random: randomStream({ seed: run.seed, round: run.round, participant: 'main', purpose: 'buckets' }),
    reducer: streamReducer(updates),
  });
  const version = result.versions.get(MAIN_GROUP)!;
  const next = model.map(({ name, shape }) => ({ name, shape, values: version.get(name)! }));
  const file = await putVersionFile(store.versionFiles, [
    ...encodeSafetensors(next, writeVersionMetadata({ ...metadata, number })),
  ]);
  // Without slots and groups a state says no more than how many rounds there were.
  const isKept = result.state.slots.size > 0 || strategy.groupsOf !== undefined;
  return {
    ...file,
    exampleCount: sorted.reduce((sum, { exampleCount }) => sum + exampleCount, 0),
    tensors: model.map(({ name, shape }) => ({ name, shape })),
    state: isKept ? await putVersionFile(store.versionFiles, [encodeState(result.state, model)]) : undefined,
  };
}

function byParticipant(contributions: readonly Contribution[]): Contribution[] {
  // By code units: an order by locale could differ from one machine to the next.
  return contributions.toSorted((one, other) => (one.participant < other.participant ? -1 : 1));
}

function modelOf(
  specs: readonly TensorSpec[],
  roles: ReadonlyMap<string, ModelTensor['role']>,
): ModelTensor[] {
  return specs.map(({ name, shape }) => ({ name, shape, role: roles.get(name) ?? 'local' }));
}

async function stateOf(
  store: Store,
  strategy: Strategy,
  { federation, number }: VersionRow,
  model: readonly ModelTensor[],
): Promise<StrategyState> {
  const stored = store.strategyStates.get(federation, number);
  return stored === undefined ? strategy.init(model).state : decodeState(await readFile(store, stored));
}

/** The whole file in memory, as the strategy needs all of it. */
async function readFile(store: Store, { sha256, bytes }: StoredFile): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of fileChunks(store.versionFiles, sha256, bytes)) chunks.push(chunk);
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}
