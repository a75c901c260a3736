import type { Command } from 'commander';
import { type ApiOptions, withApiOptions } from '../api/api-options.ts';
import { wholeNumber } from '../terminal/number-option.ts';
import { answer, answerList, printJson } from '../terminal/output.ts';

/** `fedshell model …` */
export function addModelCommand(program: Command): void {
  const model = program.command('model').description('list, fetch and evaluate model versions');
  withApiOptions(
    model.command('list').description('list the versions of a federation').argument('<id>', 'the federation'),
  ).action(list);
  withApiOptions(
    model
      .command('get')
      .description('download a version as a safetensors file and check its sha256')
      .argument('<id>', 'the federation')
      .option('--version <number>', 'the version; the newest by default', wholeNumber(0))
      .option('--group <group>', 'the group of the version', 'main')
      .requiredOption('-o, --output <file>', 'where to write the file'),
  ).action(get);
  withApiOptions(
    model
      .command('evaluate')
      .description('score a version on every row of a folder of recordings; answers with JSON')
      .argument(
        '<version|file>',
        'a safetensors file, or FEDERATION:NUMBER of the aggregator, or NUMBER where it has one federation',
      )
      .requiredOption('--data <folder>', 'folder with a manifest.csv')
      .option('--group <column>', 'column of the manifest that names the participants', 'client')
      .option('--state <folder>', "state folder that may hold the participants' scalers", './.fedshell'),
  ).action(evaluate);
}

async function list(id: string, options: ApiOptions): Promise<void> {
  const { aggregatorClient, answered } = await import('../api/aggregator-client.ts');
  const params = { path: { federationId: id } };
  const versions = await answered(
    aggregatorClient(options).GET('/api/federations/{federationId}/versions', { params }),
  );
  answerList(
    options,
    versions,
    {
      version: ({ number }) => number,
      group: ({ group }) => group,
      run: ({ run }) => run,
      round: ({ round }) => round,
      contributors: ({ contributors }) => contributors?.length,
      bytes: ({ bytes }) => bytes,
      sha256: ({ sha256 }) => sha256,
      shell: ({ shellId }) => shellId,
    },
    `the federation ${id} has no version yet; its first run makes version 0`,
  );
}

interface GetOptions extends ApiOptions {
  readonly version?: number;
  readonly group: string;
  readonly output: string;
}

async function get(id: string, options: GetOptions): Promise<void> {
  const { downloadVersion } = await import('../model/download-version.ts');
  const version = await downloadVersion(options, { federation: id, ...options });
  const { number, group, sha256, bytes } = version;
  answer(
    options,
    { federation: id, group, number, sha256, bytes, file: options.output },
    () => `version ${number} of ${id} (${bytes} bytes, sha256 ${sha256}) is in ${options.output}`,
  );
}

interface EvaluateOptions extends ApiOptions {
  readonly data: string;
  readonly group: string;
  readonly state: string;
}

async function evaluate(versionOrFile: string, options: EvaluateOptions): Promise<void> {
  const { evaluateModel } = await import('../model/evaluate-model.ts');
  printJson(await evaluateModel(versionOrFile, options));
}
