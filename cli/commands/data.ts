import type { Command } from 'commander';
import { Option } from 'commander';
import { wholeNumber } from '../terminal/number-option.ts';
import { answer, answerList, type OutputOptions, printJson, printLine } from '../terminal/output.ts';

const LAYOUTS = ['client/label', 'label/client', 'label', 'demos'] as const;

interface GetOptions extends OutputOptions {
  readonly output?: string;
  readonly from?: string;
  readonly url?: string;
  readonly acceptLicence?: boolean;
  readonly participants?: number;
  readonly recordings?: number;
  readonly seed: number;
}

interface CheckOptions extends OutputOptions {
  readonly group: string;
  readonly layout?: (typeof LAYOUTS)[number];
  readonly leaveOutFaulty?: boolean;
}

/** `fedshell data …` */
export function addDataCommand(program: Command): void {
  const data = program.command('data').description('find, fetch and check recordings to learn from');
  data
    .command('list')
    .description('list the data sets that are known, with their licences')
    .option('--json', 'answer with JSON')
    .action(list);
  data
    .command('get')
    .description('bring a data set into a folder: downloaded, taken from a folder that has it, or generated')
    .argument('<name>', 'one of the list')
    .option('-o, --output <folder>', 'where to put it; ./NAME by default')
    .option('--from <folder>', 'a folder that has the set, or the unpacked files that its authors gave you')
    .option('--url <url>', 'another address of the archive, for a plant without internet')
    .option('--accept-licence', 'you have read the licence that is shown')
    .option('--participants <number>', 'of a generated set; all by default', wholeNumber(1, 1000))
    .option('--recordings <number>', 'of each participant of a generated set; all by default', wholeNumber(1))
    .option('--seed <number>', 'of a generated set', wholeNumber(0, 4_294_967_295), 1)
    .option('--json', 'answer with JSON')
    .action(get);
  data
    .command('check')
    .description(
      'read every recording of a folder, say what is wrong with file and line, and write its manifest.csv if it has none',
    )
    .argument('<folder>', 'recordings: wav, csv or npy')
    .option('--group <column>', 'column of the manifest that names the participants', 'client')
    .addOption(
      new Option(
        '--layout <layout>',
        'what the folders say, where there is no manifest; seen by itself in most cases',
      ).choices(LAYOUTS),
    )
    .option('--leave-out-faulty', 'write the manifest without the recordings that cannot be used')
    .option('--json', 'answer with JSON')
    .action(check);
}

async function list(options: OutputOptions): Promise<void> {
  const { CATALOGUE } = await import('../data/catalogue.ts');
  const entries = CATALOGUE.map(({ access, licence, ...entry }) => ({
    ...entry,
    licence: licence.name,
    terms: licence.terms,
    access: access.kind,
    ...(access.kind === 'download' ? { url: access.source.url } : {}),
  }));
  answerList(
    options,
    entries,
    {
      name: ({ name }) => name,
      participants: ({ participants }) => participants,
      MB: ({ bytes }) => (bytes === undefined ? undefined : (bytes / 1e6).toFixed(1)),
      licence: ({ licence }) => licence,
      access: ({ access }) => access,
      what: ({ title }) => title,
      source: ({ sourceUrl }) => sourceUrl,
      sha256: ({ sha256 }) => sha256,
    },
    'no data set is known',
  );
}

async function get(name: string, options: GetOptions): Promise<void> {
  const { getData, requireEntry } = await import('../data/get-data.ts');
  const { output = name, acceptLicence = false } = options;
  const entry = requireEntry(name);
  const outcome = await getData(entry, {
    ...options,
    output,
    acceptLicence,
    say: (line) => void process.stderr.write(`${line}\n`),
  });
  answer(options, { name, folder: output, outcome }, () =>
    outcome === 'there'
      ? `${name} is in ${output} already`
      : `${name} is in ${output}; try: fedshell data check ${output}`,
  );
}

async function check(folder: string, { json, ...options }: CheckOptions): Promise<void> {
  const { checkFolder } = await import('../data/check-folder.ts');
  const { refuseFaults, reportText } = await import('../data/report-folder.ts');
  const report = await checkFolder(folder, options);
  if (json) printJson(report);
  else printLine(reportText(report));
  refuseFaults(report);
}
