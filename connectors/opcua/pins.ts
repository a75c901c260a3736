import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Which certificate (sha256, 64 hex digits) an endpoint showed first: a file per endpoint in the PKI folder. */
export class Pins {
  readonly #folder: string;

  constructor(pkiFolder: string) {
    this.#folder = join(pkiFolder, 'pinned');
  }

  /** Path of the file that holds the pin of an endpoint, whether it exists or not. */
  file(endpointUrl: string): string {
    const { hostname, port } = new URL(endpointUrl);
    return join(this.#folder, `${hostname.replace(/[^A-Za-z0-9.-]/g, '_')}_${port || '4840'}.sha256`);
  }

  async get(endpointUrl: string): Promise<string | undefined> {
    try {
      return (await readFile(this.file(endpointUrl), 'utf8')).trim();
    } catch {
      return undefined;
    }
  }

  async set(endpointUrl: string, fingerprint: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const file = this.file(endpointUrl);
    await writeFile(`${file}.partial`, `${fingerprint}\n`);
    await rename(`${file}.partial`, file);
  }

  /** Whether a certificate is pinned for an endpoint other than this one. */
  async isPinnedElsewhere(endpointUrl: string, fingerprint: string): Promise<boolean> {
    const names = await readdir(this.#folder).catch(() => []);
    for (const name of names) {
      const file = join(this.#folder, name);
      if (file === this.file(endpointUrl)) continue;
      if ((await readFile(file, 'utf8')).trim() === fingerprint) return true;
    }
    return false;
  }
}
