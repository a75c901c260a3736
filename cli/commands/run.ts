import type { Command } from 'commander';
import type { Run } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { type ApiOptions, withApiOptions } from '../api/api-options.ts';
import { wholeNumber } from '../terminal/number-option.ts';
import { answer, answerList, percent } from '../terminal/output.ts';

/** `fedshell run …` */
export function addRunCommand(program: Command): void {
  const run = program.command('run').description('start, watch and steer runs');
  withApiOptions(
    run
      .command('start')
      .description('start a run of a federation; it waits until enough participants are ready')
      .argument('<id>', 'the federation')
      .option('--rounds <number>', "rounds; the federation's by default", wholeNumber(1, 100_000))
      .option(
        '--epochs <number>',
        "local epochs a round; the federation's by default",
        wholeNumber(1, 10_000),
      )
      .option('--seed <number>', "seed; the federation's by default", wholeNumber(0, 4_294_967_295))
      .option('--participants <ids>', 'participants it asks, separated by commas; all by default')
      .option(
        '--from <version-or-file>',
        'begin from an earlier version, a safetensors file or the model.json of a tfjs model',
      )
      .option('--watch', 'show it until it has ended'),
  ).action(start);
  withApiOptions(
    run
      .command('list')
      .description('list the runs, newest first')
      .option('--federation <id>', 'only of this federation'),
  ).action(list);
  withApiOptions(
    run.command('show').description('show a run with its rounds').argument('<run>', 'the run'),
  ).action(show);
  withApiOptions(
    run.command('watch').description('show a run live until it has ended').argument('<run>', 'the run'),
  ).action((id: string, options: ApiOptions) => watch(id, options));
  for (const [command, description] of [
    ['pause', 'let the open round finish and open no other'],
    ['resume', 'go on with a paused run'],
    ['stop', 'end a run after discarding its open round'],
  ] as const) {
    withApiOptions(run.command(command).description(description).argument('<run>', 'the run')).action(
      (id: string, options: ApiOptions) => steer(id, command, options),
    );
  }
}

interface StartOptions extends ApiOptions {
  readonly rounds?: number;
  readonly epochs?: number;
  readonly seed?: number;
  readonly participants?: string;
  readonly from?: string;
  readonly watch?: boolean;
}

async function start(id: string, options: StartOptions): Promise<void> {
  const { aggregatorClient, answered } = await import('../api/aggregator-client.ts');
  const { startFrom } = await import('../model/start-from.ts');
  const { rounds, epochs, seed, participants, from } = options;
  const body = {
    ...(rounds === undefined ? {} : { rounds }),
    ...(epochs === undefined ? {} : { localEpochs: epochs }),
    ...(seed === undefined ? {} : { seed }),
    ...(participants === undefined ? {} : { participants: participants.split(',').map((one) => one.trim()) }),
    ...(from === undefined ? {} : { startFrom: await startFrom(id, from, options) }),
  };
  const started = await answered(
    aggregatorClient(options).POST('/api/federations/{federationId}/runs', {
      params: { path: { federationId: id } },
      body,
    }),
  );
  if (options.watch) return watch(started.id, options);
  answer(
    options,
    started,
    () => `run ${started.id} is ${started.state}; fedshell run watch ${started.id} shows it`,
  );
}

async function list(options: ApiOptions & { readonly federation?: string }): Promise<void> {
  const { aggregatorClient, answered } = await import('../api/aggregator-client.ts');
  const { newestEvaluation } = await import('../watch/run-view.ts');
  const query = options.federation === undefined ? {} : { federation: options.federation };
  const runs = await answered(aggregatorClient(options).GET('/api/runs', { params: { query } }));
  answerList(
    options,
    runs,
    {
      run: ({ id }) => id,
      federation: ({ federation }) => federation,
      state: ({ state }) => state,
      round: ({ round, totalRounds }) => `${round}/${totalRounds}`,
      accuracy: (run) => percent(newestEvaluation(run)?.accuracy),
      reason: ({ reason }) => reason,
    },
    'no run yet; fedshell run start FEDERATION starts one',
  );
}

async function show(id: string, options: ApiOptions): Promise<void> {
  const { aggregatorClient, answered } = await import('../api/aggregator-client.ts');
  const run = await answered(
    aggregatorClient(options).GET('/api/runs/{runId}', { params: { path: { runId: id } } }),
  );
  const { runText } = await import('../watch/run-text.ts');
  answer(options, run, () => runText(run));
}

async function watch(id: string, options: ApiOptions): Promise<void> {
  const { aggregatorClient, answered } = await import('../api/aggregator-client.ts');
  await answered(aggregatorClient(options).GET('/api/runs/{runId}', { params: { path: { runId: id } } }));
  const { LiveDisplay } = await import('../watch/live-display.ts');
  const { watchRun } = await import('../watch/watch-run.ts');
  const display = new LiveDisplay(options.json ? process.stderr : process.stdout);
  const { aggregator, apiTokenFile } = options;
  const run = await watchRun({
    aggregator,
    ...(apiTokenFile === undefined ? {} : { apiTokenFile }),
    runId: id,
    display,
  });
  const { roundTable } = await import('../watch/run-text.ts');
  // The run's own line is what the display has left standing.
  answer(options, run, () => `\n${roundTable(run)}`);
  throwIfFailed(run);
}

function throwIfFailed(run: Run): void {
  if (run.state === 'failed') {
    throw new CodedError('E_RUN_FAILED', `the run ${run.id} failed: ${run.reason ?? 'no reason given'}`);
  }
}

async function steer(id: string, command: 'pause' | 'resume' | 'stop', options: ApiOptions): Promise<void> {
  const { aggregatorClient, answered } = await import('../api/aggregator-client.ts');
  const params = { path: { runId: id, command } };
  const run = await answered(aggregatorClient(options).POST('/api/runs/{runId}/{command}', { params }));
  answer(options, run, () => `run ${run.id} is ${run.state}`);
}
