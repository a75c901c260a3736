import { neededContributions } from '../../learning/cohort.ts';
import { DEFAULT_PIPELINE } from '../../learning/pipeline/pipeline.ts';
import { refusePipeline } from '../../learning/pipeline/refuse-pipeline.ts';
import { strategyOf } from '../../learning/strategies/index.ts';
import { refuseQuorum } from '../../learning/strategies/robust.ts';
import { MAIN_GROUP, type Strategy } from '../../learning/strategies/strategy.ts';
import { canonicalJson } from '../../runtime/canonical-json.ts';
import { CodedError } from '../../runtime/errors.ts';
import { evaluateVersions } from './evaluate-versions.ts';
import { nextBuffer } from './next-buffer.ts';
import { nextRound } from './next-round.ts';
import type { MadeVersion, RoundEvaluation, RoundRecord } from './round-record.ts';
import type { SimulationOptions } from './simulation-options.ts';
import { Standing } from './standing.ts';

/** What a simulation works with beside its options. */
export interface SimulationContext {
  readonly options: SimulationOptions;
  readonly strategy: Strategy;
  readonly standing: Standing;
  readonly seed: number;
}

/** Where a simulation ended. */
export interface SimulationResult {
  /** Of all rounds, those before a resumption included. */
  readonly records: readonly RoundRecord[];
  readonly versions: ReadonlyMap<string, MadeVersion>;
}

/**
 * Runs a federation's rounds without a network: the strategy, pipeline, cohorts and sums of the aggregator, the tasks of the
 * trainers, and in place of machines and queues the ports of `SimulationOptions`. Equal options give equal bits, whatever
 * the pool; a shelf with a part of the rounds goes on after it.
 * @throws CodedError `E_PIPELINE_REFUSED`, `E_INVALID_INPUT` for a shelf of another simulation, `E_RUN_FAILED` where a
 * round stays below its quorum, and what tasks fail with.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const { federation, shelf } = options;
  const seed = options.seed ?? federation.training.seed ?? 1;
  const strategy = strategyOf(federation.strategy ?? { key: 'fed-avg' });
  const { participant = DEFAULT_PIPELINE.participant, aggregator = DEFAULT_PIPELINE.aggregator } =
    federation.pipeline ?? {};
  refusePipeline({ participant, aggregator }, strategy);
  const { quorum = { kind: 'fraction', of: 0.8 }, cohort = { kind: 'all' } } = federation;
  refuseQuorum(
    strategy,
    cohort.kind === 'all'
      ? Math.ceil((quorum.kind === 'count' ? quorum.of : quorum.of * options.participants.length) - 1e-9)
      : neededContributions(quorum, cohort),
  );
  const standing = new Standing(shelf, settingsOf(options, seed), strategy);
  const context = { options, strategy, standing, seed };
  const saved = shelf.load();
  if (saved === undefined) await begin(context);
  else if (saved.settings === settingsOf(options, seed)) standing.restore(saved);
  else throw new CodedError('E_INVALID_INPUT', 'the folder holds a simulation with other settings');
  const rounds = options.rounds ?? federation.rounds;
  const next = strategy.trigger.kind === 'buffer' ? nextBuffer : nextRound;
  while (standing.round < rounds) {
    options.signal?.throwIfAborted();
    const done = await next(context);
    standing.round += 1;
    const evaluation = isDue(options, standing.round, rounds) ? await evaluated(context) : undefined;
    keep(context, evaluation === undefined ? done : { ...done, evaluation });
  }
  return { records: shelf.records(), versions: standing.versions };
}

/** All that decides what comes out, but how many rounds there are. */
function settingsOf(
  { federation, participants, scaler, fingerprint }: SimulationOptions,
  seed: number,
): string {
  const { rounds: _any, ...rest } = federation;
  const ids = participants.map(({ id, trainExamples, testExamples }) => [id, trainExamples, testExamples]);
  return canonicalJson({ federation: rest, seed, ids, scaler, fingerprint: fingerprint ?? '' });
}

/** Makes version 0 of every group. */
async function begin({ options, strategy, standing, seed }: SimulationContext): Promise<void> {
  const { shelf, tasks, federation, scaler, participants } = options;
  const versions: MadeVersion[] = [];
  const { readFrozenIndex } = await import('../trainer/data-set/frozen-index.ts');
  const { featureShape } = await readFrozenIndex(participants[0]!.frozenFile);
  for (const group of strategy.init([]).groups) {
    const versionFile = shelf.draft('version-0');
    await tasks.perform({
      kind: 'initialise',
      ...(group.group !== MAIN_GROUP && { group }),
      model: federation.model,
      profile: federation.profile,
      featureShape,
      seed,
      scaler,
      versionFile,
    });
    const sha256 = shelf.adopt(versionFile)!;
    versions.push({ group: group.group, number: 0, sha256, bytes: shelf.read(sha256).byteLength });
  }
  for (const version of versions) standing.versions.set(version.group, version);
  const nothing = { cohort: [], contributors: [], refused: [], groups: {}, exampleCount: 0, trainedLoss: 0 };
  const bytes = { uploadedBytes: 0, downloadedBytes: 0, plainUploadBytes: 0, plainDownloadBytes: 0 };
  const record = { round: 0, ...nothing, versions, ...bytes };
  standing.save(record);
  options.onRound?.(record);
}

function keep({ options, standing }: SimulationContext, record: RoundRecord): void {
  standing.save(record);
  options.onRound?.(record);
}

function isDue({ federation }: SimulationOptions, round: number, rounds: number): boolean {
  const every = federation.evaluation?.everyRounds ?? 1;
  return every > 0 && (round % every === 0 || round === rounds);
}

function evaluated({ options, standing, seed }: SimulationContext): Promise<RoundEvaluation> {
  const { groups } = standing.strategyState([]);
  const groupOf = (id: string) => {
    const group = groups[id] ?? standing.groups.get(id);
    return group !== undefined && standing.versions.has(group) ? group : standing.firstGroup;
  };
  const judges = options.judges ?? options.participants.filter(({ testExamples }) => testExamples > 0);
  return evaluateVersions(
    options,
    seed,
    standing.versions,
    judges.map(({ id, frozenFile }) => ({
      id,
      frozenFile,
      group: groupOf(id),
      state: standing.participants.get(id),
    })),
  );
}
