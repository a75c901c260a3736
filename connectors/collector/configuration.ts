import { join } from 'node:path';
import { readTrainerFile } from '../../openapi/read-trainer-file.ts';
import type { TrainerFile } from '../../openapi/schemas.ts';
import { describeError, toCodedError } from '../../runtime/errors.ts';
import { FileWatch } from '../../runtime/file-watch.ts';
import type { Log } from '../../runtime/log.ts';
import { type Collector, pkiFolderOf } from './collector.ts';

interface ConfigurationOptions {
  readonly trainerFile: string;
  readonly folder: string;
  readonly collector: Collector;
  readonly log: Log;
}

/** Keeps a collector in line with its trainer file and the line files that it names. */
export class Configuration {
  readonly #options: ConfigurationOptions;
  readonly #files: FileWatch;
  readonly #trust: FileWatch;
  #reloading: Promise<void> = Promise.resolve();
  #refusal: string | undefined;
  #reloads = 0;

  constructor(options: ConfigurationOptions) {
    this.#options = options;
    this.#files = new FileWatch(() => {
      this.#reloading = this.#reloading.then(() => this.#reload());
    });
    this.#trust = new FileWatch(() => options.collector.tryAgain());
  }

  /** Why the files as they are now cannot be used; what was read last still counts. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** How often changed files were taken over. */
  get reloads(): number {
    return this.#reloads;
  }

  /** Reads the files for the first time, collects by them and watches them. @throws CodedError as `readTrainerFile` does */
  async start(): Promise<TrainerFile> {
    const { trainerFile, folder, collector } = this.#options;
    const { trainer, files } = await readTrainerFile(trainerFile);
    this.#files.watch(files);
    const pki = pkiFolderOf(folder);
    // What a person decides about a certificate appears in one of these.
    this.#trust.watch(
      ['trusted/certs', 'issuers/certs', 'issuers/crl', 'decisions'].map((name) => join(pki, name)),
    );
    await collector.apply(trainer);
    return trainer;
  }

  async close(): Promise<void> {
    this.#files.close();
    this.#trust.close();
    await this.#reloading;
  }

  async #reload(): Promise<void> {
    const { trainerFile, collector, log } = this.#options;
    try {
      const { trainer, files } = await readTrainerFile(trainerFile);
      this.#files.watch(files);
      const change = await collector.apply(trainer);
      this.#refusal = undefined;
      this.#reloads += 1;
      log.info({ event: 'collector.reloaded', ...change });
    } catch (thrown) {
      const error = toCodedError(thrown);
      this.#refusal = describeError(error);
      log.error({ event: 'collector.configuration.refused', code: error.code }, this.#refusal);
    }
  }
}
