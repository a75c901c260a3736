import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { CodedError } from '../../runtime/errors.ts';
import { CATALOGUE, type DataSetEntry } from './catalogue.ts';
import { checkFolder } from './check-folder.ts';
import { downloadSet } from './download-set.ts';
import { takeFolder } from './take-folder.ts';
import { RECORDING_LAYOUT_EXTENSIONS, takeLaidOut } from './take-laid-out.ts';

interface GetOptions {
  readonly output: string;
  readonly from?: string;
  /** Where the archive is instead of at its public address. */
  readonly url?: string;
  readonly acceptLicence: boolean;
  /** Of a generated set: how many participants. */
  readonly participants?: number;
  /** Of a generated set: how many recordings of a participant at most. */
  readonly recordings?: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

/** @throws CodedError `E_NOT_FOUND` naming the known ones. */
export function requireEntry(name: string): DataSetEntry {
  const entry = CATALOGUE.find((each) => each.name === name);
  if (entry !== undefined) return entry;
  const known = CATALOGUE.map((each) => each.name).join(', ');
  throw new CodedError('E_NOT_FOUND', `there is no data set "${name}"; known are ${known}`);
}

/**
 * Brings a data set into a folder: all of it, checked, or nothing.
 * @returns whether it was there before.
 * @throws CodedError `E_LICENCE_NOT_ACCEPTED`, `E_ALREADY_EXISTS` if the folder holds something else,
 * `E_INVALID_INPUT` if the set can only be taken from a folder, and as downloading and checking do.
 */
export async function getData(entry: DataSetEntry, options: GetOptions): Promise<'made' | 'there'> {
  const output = resolve(options.output);
  if (existsSync(join(output, 'manifest.csv'))) return 'there';
  if (existsSync(output) && readdirSync(output).length > 0) {
    throw new CodedError(
      'E_ALREADY_EXISTS',
      `${output} is not empty and has no manifest.csv; name another folder`,
    );
  }
  const { name, terms } = entry.licence;
  options.say(`${entry.name}: ${entry.title}\nlicence: ${name}. ${terms}\nsource: ${entry.sourceUrl}`);
  if (!options.acceptLicence && entry.access.kind !== 'generated') {
    throw new CodedError(
      'E_LICENCE_NOT_ACCEPTED',
      `the licence of ${entry.name} has not been accepted; say --accept-licence once you have read it`,
    );
  }
  const partial = join(dirname(output), `.${basename(output)}.partial-${process.pid}`);
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  try {
    await fill(entry, partial, options);
    if (existsSync(output)) await rm(output, { recursive: true });
    await rename(partial, output);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return 'made';
}

async function fill(entry: DataSetEntry, folder: string, options: GetOptions): Promise<void> {
  const { access, sha256 } = entry;
  if (access.kind === 'generated') {
    const { writeDemosSynthetic } = await import('../../simulator/demos-synthetic/write-recordings.ts');
    const { participants = entry.participants, seed, recordings } = options;
    const most = recordings === undefined ? {} : { most: recordings };
    await writeDemosSynthetic(folder, { speakers: participants, seed, ...most });
    return;
  }
  if (options.from !== undefined && access.kind === 'agreement') {
    await takeLaidOut(resolve(options.from), folder, access.layout, RECORDING_LAYOUT_EXTENSIONS);
    const { faults } = await checkFolder(folder, { layout: access.layout });
    if (faults.length > 0) {
      throw new CodedError('E_INVALID_RECORDING', `${options.from} has recordings that cannot be used`, {
        faults,
      });
    }
    return;
  }
  if (sha256 === undefined) throw fromNeeded(entry);
  if (options.from !== undefined) {
    await takeFolder(resolve(options.from), sha256, folder);
    return;
  }
  if (access.kind !== 'download') throw fromNeeded(entry);
  const { source } = access;
  const address = options.url === undefined ? {} : { url: options.url };
  const total = source.bytes === undefined ? '' : ` of ${Math.round(source.bytes / 1e6)}`;
  let said = 0;
  const progress = (received: number) => {
    if (received - said < 20e6) return;
    said = received;
    options.say(`${Math.round(received / 1e6)}${total} MB`);
  };
  await downloadSet({ source, sha256 }, folder, { ...address, progress });
}

function fromNeeded({ name, sourceUrl, access }: DataSetEntry): CodedError {
  const how =
    access.kind === 'agreement' ? 'ask its authors for it' : 'it has to be prepared from its source';
  return new CodedError(
    'E_INVALID_INPUT',
    `${name} cannot be downloaded here: ${how} (${sourceUrl}), then name its folder with --from`,
  );
}
