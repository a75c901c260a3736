import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../../runtime/errors.ts';

/** A file that was taken in and waits for its use. */
export interface SpooledFile {
  /** Its name in the folder. */
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** The files of packages, each under a name of its own, so that one is never changed while it is read. */
export class PackageFiles {
  readonly folder: string;

  /** @param isKept whether a file belongs to a package; others are what a killed process left, and thrown away. */
  constructor(folder: string, isKept: (name: string) => boolean) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) {
      if (!isKept(name)) rmSync(join(folder, name), { force: true });
    }
  }

  /** Takes in a stream, durably. @throws CodedError `E_UPDATE_TOO_LARGE` beyond `maximumBytes` */
  async spool(content: AsyncIterable<Uint8Array>, maximumBytes: number): Promise<SpooledFile> {
    const name = `${randomUUID()}.package`;
    const path = join(this.folder, name);
    const hash = createHash('sha256');
    let bytes = 0;
    const file = await open(path, 'wx');
    try {
      for await (const chunk of content) {
        bytes += chunk.byteLength;
        if (bytes > maximumBytes) {
          throw new CodedError('E_UPDATE_TOO_LARGE', `more than the ${maximumBytes} bytes allowed`);
        }
        hash.update(chunk);
        await file.writev([chunk]);
      }
      await file.sync();
    } catch (thrown) {
      this.remove(name);
      throw thrown;
    } finally {
      await file.close();
    }
    return { name, path, sha256: hash.digest('hex'), bytes };
  }

  remove(name: string): void {
    rmSync(join(this.folder, name), { force: true });
  }
}
