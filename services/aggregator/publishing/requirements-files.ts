import { createHash, randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Numerics } from '../../../openapi/schemas.ts';

/** A list of software as a file. */
export interface RequirementsFile {
  readonly path: string;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** Lists of the software that model versions need, one file for all versions that need the same. */
export class RequirementsFiles {
  readonly #folder: string;
  readonly #known = new Map<string, RequirementsFile>();

  /** @param folder of the files, which is made if it is not there. */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
  }

  /** The list for what a version was computed with. */
  of(numerics: Numerics): RequirementsFile {
    const content = [
      `numerics library: ${numerics.library}`,
      `backend: ${numerics.backend}`,
      `build: ${numerics.build}`,
      `Node.js: ${numerics.node}`,
      'file format: safetensors, 32 bit floating point',
      '',
    ].join('\n');
    const known = this.#known.get(content);
    if (known !== undefined) return known;
    const sha256 = createHash('sha256').update(content).digest('hex');
    const file = { sha256, path: join(this.#folder, sha256) };
    if (!existsSync(file.path)) this.#write(file.path, content);
    this.#known.set(content, file);
    return file;
  }

  /** Under a temporary name first: a name that exists has its whole content, even after a kill. */
  #write(path: string, content: string): void {
    const partial = join(this.#folder, `${randomUUID()}.partial`);
    const descriptor = openSync(partial, 'wx');
    writeSync(descriptor, content);
    fsyncSync(descriptor);
    closeSync(descriptor);
    renameSync(partial, path);
  }
}
