import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import yauzl from 'yauzl';
import { CodedError } from '../../runtime/errors.ts';

interface UnpackOptions {
  readonly into: string;
  readonly signal: AbortSignal;
}

/** A wheel is a zip file; its entries are read one after the other. */
async function eachEntry(
  file: string,
  visit: (entry: yauzl.Entry, open: () => Promise<Readable>) => Promise<void>,
): Promise<void> {
  const open = promisify<string, yauzl.Options, yauzl.ZipFile>(yauzl.open);
  const zip = await open(file, { lazyEntries: true, autoClose: false });
  const stream = promisify<yauzl.Entry, Readable>(zip.openReadStream.bind(zip));
  try {
    await new Promise<void>((done, fail) => {
      zip.once('error', fail);
      zip.once('end', done);
      zip.on('entry', (entry: yauzl.Entry) => {
        visit(entry, () => stream(entry)).then(() => zip.readEntry(), fail);
      });
      zip.readEntry();
    });
  } finally {
    zip.close();
  }
}

/**
 * Unpacks those files of a wheel that `wanted` tells, one after the other.
 * @throws CodedError `E_SETUP_FAILED` where a name leads out of the folder; an Error for a broken file.
 */
export async function unpackWheel(
  file: string,
  wanted: (name: string) => boolean,
  { into, signal }: UnpackOptions,
): Promise<void> {
  await eachEntry(file, async (entry, open) => {
    if (entry.fileName.endsWith('/') || !wanted(entry.fileName)) return;
    const target = resolve(into, entry.fileName);
    if (!target.startsWith(resolve(into) + sep)) {
      throw new CodedError('E_SETUP_FAILED', `${file} has an entry that leads out of its folder`);
    }
    await mkdir(dirname(target), { recursive: true });
    // The upper half holds the Unix mode; programs among the libraries keep being programs.
    const mode = (entry.externalFileAttributes >>> 16) & 0o777 || 0o644;
    await pipeline(await open(), createWriteStream(target, { mode }), { signal });
  });
}
