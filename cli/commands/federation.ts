import type { Command } from 'commander';
import { type ApiOptions, withApiOptions } from '../api/api-options.ts';
import { answer, answerList } from '../terminal/output.ts';

/** `fedshell federation …` */
export function addFederationCommand(program: Command): void {
  const federation = program.command('federation').description('create and show federations');
  withApiOptions(
    federation
      .command('create')
      .description('create a federation from its file and print the join token for its trainers')
      .argument('<file>', 'federation file, YAML or JSON; see examples/vibration.federation.yaml')
      .option('--token-file <file>', 'write the join token to this file (mode 0600) instead of printing it'),
  ).action(create);
  withApiOptions(federation.command('list').description('list the federations')).action(list);
  withApiOptions(
    federation.command('show').description('show a federation').argument('<id>', 'the federation'),
  ).action(show);
  withApiOptions(
    federation
      .command('token')
      .description('make another join token')
      .argument('<id>', 'the federation')
      .option('--token-file <file>', 'write the join token to this file (mode 0600) instead of printing it'),
  ).action(token);
}

interface TokenOptions extends ApiOptions {
  readonly tokenFile?: string;
}

async function create(file: string, options: TokenOptions): Promise<void> {
  const { readInput } = await import('../terminal/read-input.ts');
  const { aggregatorClient, answered } = await import('../api/aggregator-client.ts');
  const { requireKnownModel } = await import('../model/require-known-model.ts');
  const body = await readInput('Federation', file);
  await requireKnownModel(body);
  const created = await answered(aggregatorClient(options).POST('/api/federations', { body }));
  await giveToken(options, created.federation.id, created.joinToken);
}

async function token(id: string, options: TokenOptions): Promise<void> {
  const { aggregatorClient, answered } = await import('../api/aggregator-client.ts');
  const params = { path: { federationId: id } };
  const { joinToken } = await answered(
    aggregatorClient(options).POST('/api/federations/{federationId}/tokens', { params }),
  );
  await giveToken(options, id, joinToken);
}

async function giveToken(options: TokenOptions, id: string, joinToken: string): Promise<void> {
  if (options.tokenFile !== undefined) {
    const { writeFile } = await import('node:fs/promises');
    await writeFile(options.tokenFile, `${joinToken}\n`, { mode: 0o600 });
    answer(
      options,
      { federation: id, tokenFile: options.tokenFile },
      () => `federation ${id}: the join token is in ${options.tokenFile}`,
    );
    return;
  }
  answer(
    options,
    { federation: id, joinToken },
    () =>
      `federation ${id}\njoin token: ${joinToken}\nPut it into the file that the trainer file's token names; it is shown once.`,
  );
}

async function list(options: ApiOptions): Promise<void> {
  const { aggregatorClient, answered } = await import('../api/aggregator-client.ts');
  const federations = await answered(aggregatorClient(options).GET('/api/federations'));
  answerList(
    options,
    federations,
    {
      federation: ({ federation }) => federation.id,
      model: ({ federation }) => federation.model.key,
      strategy: ({ federation }) => federation.strategy?.key ?? 'fed-avg',
      participants: ({ participants }) => participants.length,
      version: ({ version }) => version ?? '-',
      run: ({ activeRun }) => activeRun,
    },
    'no federation yet; fedshell federation create FILE makes one',
  );
}

async function show(id: string, options: ApiOptions): Promise<void> {
  const { aggregatorClient, answered } = await import('../api/aggregator-client.ts');
  const params = { path: { federationId: id } };
  const summary = await answered(
    aggregatorClient(options).GET('/api/federations/{federationId}', { params }),
  );
  const { stringify } = await import('yaml');
  answer(options, summary, () => stringify(summary).trimEnd());
}
