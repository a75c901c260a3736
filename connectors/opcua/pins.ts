import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CodedError } from '../../runtime/errors.ts';
import { writeFileWhole } from '../../runtime/write-file-whole.ts';

const FINGERPRINT = /^[0-9a-f]{64}$/;

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

  /** Undefined only where there is no pin. @throws CodedError `E_OPCUA_SECURITY` for one that cannot be read */
  async get(endpointUrl: string): Promise<string | undefined> {
    return this.#read(this.file(endpointUrl));
  }

  async set(endpointUrl: string, fingerprint: string): Promise<void> {
    await writeFileWhole(this.file(endpointUrl), `${fingerprint}\n`);
  }

  /**
   * Whether a certificate is pinned for an endpoint other than this one.
   * @throws CodedError `E_OPCUA_SECURITY` for a pin that cannot be read
   */
  async isPinnedElsewhere(endpointUrl: string, fingerprint: string): Promise<boolean> {
    const own = basename(this.file(endpointUrl));
    for (const name of await this.#names()) {
      if (name !== own && (await this.#read(join(this.#folder, name))) === fingerprint) return true;
    }
    return false;
  }

  /** A file that was left half written is none. */
  async #names(): Promise<string[]> {
    try {
      return (await readdir(this.#folder)).filter((name) => name.endsWith('.sha256'));
    } catch (thrown) {
      if (isMissing(thrown)) return [];
      throw unreadable(this.#folder, thrown);
    }
  }

  /** A pin that is there and cannot be read is no first use: whatever the server shows would be taken. */
  async #read(file: string): Promise<string | undefined> {
    let text: string;
    try {
      text = (await readFile(file, 'utf8')).trim();
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      throw unreadable(file, thrown);
    }
    if (FINGERPRINT.test(text)) return text;
    throw unreadable(file, undefined);
  }
}

function isMissing(thrown: unknown): boolean {
  return (thrown as { code?: unknown } | null)?.code === 'ENOENT';
}

function unreadable(file: string, cause: unknown): CodedError {
  return new CodedError(
    'E_OPCUA_SECURITY',
    `which certificate the server showed first cannot be read in ${file}; if the present one is right, delete it`,
    { cause },
  );
}
