import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CodedError } from '../../runtime/errors.ts';
import type { ChosenFile, PublicSource } from './public-source.ts';
import { readTar } from './read-tar.ts';

/**
 * Downloads an archive and writes the chosen files with their manifest into a folder. Nothing but they is kept.
 * @param options.url where the archive is, if not at the source's own address.
 * @throws CodedError `E_DOWNLOAD_FAILED`; `E_HASH_MISMATCH` if a file is missing or the manifest's sha256 is another.
 */
export async function downloadSet(
  { source, sha256 }: { readonly source: PublicSource; readonly sha256: string },
  folder: string,
  options: { readonly url?: string; readonly progress: (receivedBytes: number) => void },
): Promise<void> {
  const { url = source.url, progress } = options;
  const chosen = new Map(source.files().map((file) => [file.member, file]));
  const rows = new Map<string, string>();
  const archive = await openArchive(url);
  const counted = async function* () {
    let received = 0;
    for await (const chunk of archive) {
      received += chunk.length;
      progress(received);
      yield chunk;
    }
  };
  const unpacked = Readable.from(counted()).pipe(createGunzip());
  try {
    for await (const { path, bytes } of readTar(unpacked, (each) => fileOf(chosen, each) !== undefined)) {
      const file = fileOf(chosen, path);
      if (file === undefined) continue;
      await mkdir(dirname(join(folder, file.file)), { recursive: true });
      await writeFile(join(folder, file.file), bytes);
      rows.set(file.file, rowOf(file, bytes));
    }
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw new CodedError('E_DOWNLOAD_FAILED', `the archive ${url} could not be unpacked`, { cause });
  }
  const missing = [...chosen.values()].filter(({ file }) => !rows.has(file));
  if (missing.length > 0) {
    throw new CodedError(
      'E_HASH_MISMATCH',
      `${url} lacks ${missing.length} files, such as ${missing[0]?.member}`,
    );
  }
  await writeManifest(folder, source, rows, sha256);
}

/** An archive may have one folder of its own around everything. */
function fileOf(chosen: ReadonlyMap<string, ChosenFile>, path: string): ChosenFile | undefined {
  const parts = path.split('/').filter((part) => part !== '.' && part !== '');
  return chosen.get(parts.join('/')) ?? chosen.get(parts.slice(1).join('/'));
}

async function openArchive(url: string): Promise<AsyncIterable<Uint8Array>> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch (cause) {
    throw new CodedError('E_DOWNLOAD_FAILED', `${url} cannot be reached`, { cause });
  }
  if (!response.ok || response.body === null) {
    throw new CodedError('E_DOWNLOAD_FAILED', `${url} answers ${response.status}`);
  }
  return response.body;
}

function rowOf(file: ChosenFile, bytes: Uint8Array): string {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const further = Object.values(file.columns).map((column) => column(bytes));
  return [file.file, file.client, file.label, file.split, sha256, ...further].join(',');
}

/** The manifest's sha256 stands for those of all files: none can be another without it. */
async function writeManifest(
  folder: string,
  source: PublicSource,
  rows: ReadonlyMap<string, string>,
  sha256: string,
): Promise<void> {
  const files = source.files().map(({ file }) => file);
  const columns = Object.keys(source.files()[0]?.columns ?? {});
  const header = ['file', 'client', 'label', 'split', 'sha256', ...columns].join(',');
  const text = `${[header, ...files.sort().map((file) => rows.get(file))].join('\n')}\n`;
  const actual = createHash('sha256').update(text).digest('hex');
  if (actual !== sha256) {
    throw new CodedError(
      'E_HASH_MISMATCH',
      `the files are not those of the catalogue: their manifest has sha256 ${actual}, expected is ${sha256}`,
    );
  }
  await writeFile(join(folder, 'manifest.csv'), text);
}
