import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OpcuaSource } from '../../openapi/schemas.ts';
import { writeFileWhole } from '../../runtime/write-file-whole.ts';
import type { CollectorConfiguration } from './settings.ts';

interface Kept {
  readonly trainerFile: string;
  /** Itself and its line files. */
  readonly files: readonly string[];
  readonly configuration: CollectorConfiguration;
}

/**
 * The configuration that a collector could last use, on its own disk: a trainer file that breaks must not keep it from
 * starting again. It holds no secret, only in which files or variables they are.
 */
export class KeptConfiguration {
  readonly #file: string;
  readonly #trainerFile: string;

  /** @param folder of all sample stores. @param trainerFile absolute; that of another file is not taken. */
  constructor(folder: string, trainerFile: string) {
    this.#file = join(folder, 'configuration.json');
    this.#trainerFile = trainerFile;
  }

  /** Keeps what is usable. */
  async keep(configuration: CollectorConfiguration, files: readonly string[]): Promise<void> {
    const participants = configuration.participants.flatMap(({ id, source: { opcua } }) =>
      opcua === undefined ? [] : [{ id, source: { opcua: withoutUserInfo(opcua) } }],
    );
    const { collector } = configuration;
    const part = { ...(collector === undefined ? {} : { collector }), participants };
    const kept: Kept = { trainerFile: this.#trainerFile, files, configuration: part };
    await writeFileWhole(this.#file, JSON.stringify(kept));
  }

  /** Undefined where nothing was kept of this trainer file, or it cannot be read. */
  async read(): Promise<Kept | undefined> {
    try {
      // We alone write it, always whole.
      const kept = JSON.parse(await readFile(this.#file, 'utf8')) as Kept;
      return kept.trainerFile === this.#trainerFile ? kept : undefined;
    } catch {
      return undefined;
    }
  }
}

/** OPC UA takes no user from a URL, so nothing is lost with it. */
function withoutUserInfo(source: OpcuaSource): OpcuaSource {
  return { ...source, endpoint: source.endpoint.replace(/^(opc\.tcp:\/\/)[^/]*@/, '$1') };
}
