import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { poll } from '../../cli/terminal/poll.ts';
import { readSafetensorsHeader } from '../../learning/weights/safetensors.ts';
import { readVersionMetadata } from '../../learning/weights/version-metadata.ts';
import type { Federation, Run, Schemas } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { readKernels } from '../../services/simulation/read-kernels.ts';
import { folderShelf } from '../../services/simulation/shelf.ts';
import { simulate } from '../../services/simulation/simulation.ts';
import type { VirtualParticipant } from '../../services/simulation/virtual-participant.ts';
import { readFrozenIndex } from '../../services/trainer/data-set/frozen-index.ts';
import type { TaskPerformer } from '../../services/trainer/training/training-slots.ts';
import type { RunningDemo } from '../support/running-demo.ts';

/** Versions of a networked run and of its simulation: `GROUP NUMBER SHA256`, sorted. */
export interface ComparedBits {
  readonly networked: readonly string[];
  readonly simulated: readonly string[];
  readonly participants: number;
  readonly rounds: number;
}

/**
 * Simulates a demo's completed run on the examples that its participants froze, given its recorded cohorts, contributors
 * and scaler.
 * @param folder where the simulation keeps its files.
 */
export async function compareBits(
  demo: RunningDemo,
  tasks: TaskPerformer,
  folder: string,
): Promise<ComparedBits> {
  await demo.api();
  const [run] = await poll(
    async () => {
      const runs = await demo.runs();
      return runs.some(({ state }) => state === 'completed' || state === 'failed') ? runs : undefined;
    },
    { what: 'the end of the run', timeoutMs: 600_000, intervalMs: 200 },
  );
  if (run?.state !== 'completed') throw new CodedError('E_RUN_FAILED', `the run ended: ${run?.reason}`);
  const federation = await federationOf(demo, run);
  const path = `/api/federations/${run.federation}/versions`;
  const versions = await demo.get<Schemas['ModelVersion'][]>(path);
  const first = versions.find(({ number }) => number === 0);
  const { scaler } = versionMetadata(demo, first?.sha256 ?? '');
  const { training } = federation;
  const participants = await frozenParticipants(demo);
  const made: string[] = [];
  await simulate({
    federation: { ...federation, training: { ...training, localEpochs: run.localEpochs } },
    seed: run.seed,
    rounds: run.totalRounds,
    participants,
    scaler,
    recorded: new Map(
      run.rounds
        .filter(({ version }) => version !== undefined)
        .map(({ round, cohort }) => [round, { cohort, contributors: contributorsOf(versions, round) }]),
    ),
    tasks,
    shelf: folderShelf(folder),
    kernels: readKernels(),
    onRound: ({ versions: some }) => {
      for (const { group, number, sha256 } of some) made.push(`${group} ${number} ${sha256}`);
    },
  });
  return {
    networked: versions.map(({ group, number, sha256 }) => `${group} ${number} ${sha256}`).sort(),
    simulated: made.sort(),
    participants: participants.length,
    rounds: run.totalRounds,
  };
}

/** Whose updates the versions of a round were made of. */
function contributorsOf(versions: readonly Schemas['ModelVersion'][], round: number): string[] {
  const made = versions.filter((version) => version.round === round);
  return [...new Set(made.flatMap(({ contributors }) => contributors ?? []))].sort();
}

async function federationOf(demo: RunningDemo, run: Run): Promise<Federation> {
  const all = await demo.get<{ federation: Federation }[]>('/api/federations');
  const found = all.find(({ federation }) => federation.id === run.federation);
  if (found === undefined) throw new CodedError('E_NOT_FOUND', `federation ${run.federation} is not there`);
  return found.federation;
}

function versionMetadata(demo: RunningDemo, sha256: string) {
  const file = readFileSync(join(demo.state, 'aggregator', 'versions', sha256));
  return readVersionMetadata(readSafetensorsHeader(file).metadata);
}

/** What the trainer of the demo froze for its one run. */
async function frozenParticipants(demo: RunningDemo): Promise<VirtualParticipant[]> {
  const folder = join(demo.state, 'trainer-line', 'participants');
  const found: VirtualParticipant[] = [];
  for (const id of readdirSync(folder).sort()) {
    const frozen = join(folder, id, 'frozen');
    const frozenFile = join(frozen, readdirSync(frozen)[0]!);
    const { train, test } = await readFrozenIndex(frozenFile);
    found.push({ id, frozenFile, trainExamples: train.count, testExamples: test.count, attributes: {} });
  }
  return found;
}
