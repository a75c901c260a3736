import { join } from 'node:path';
import { readTrainerFile } from '../../openapi/read-trainer-file.ts';
import { describeError, toCodedError } from '../../runtime/errors.ts';
import { FileWatch } from '../../runtime/file-watch.ts';
import type { Log } from '../../runtime/log.ts';
import { type Collector, type ConfigurationChange, collectedFolderOf, pkiFolderOf } from './collector.ts';
import { KeptConfiguration } from './kept-configuration.ts';
import type { MetricsEndpoint } from './metrics-endpoint.ts';
import type { CollectorConfiguration } from './settings.ts';

interface ConfigurationOptions {
  readonly trainerFile: string;
  readonly folder: string;
  readonly collector: Collector;
  readonly metrics: MetricsEndpoint;
  readonly log: Log;
}

/** Where decisions about certificates appear, below the PKI folder. */
const TRUST_FOLDERS = ['trusted/certs', 'trusted/crl', 'issuers/certs', 'issuers/crl', 'decisions'];

/** Keeps a collector in line with its trainer file and the line files that it names. */
export class Configuration {
  readonly #options: ConfigurationOptions;
  readonly #files: FileWatch;
  readonly #trust: FileWatch;
  readonly #kept: KeptConfiguration;
  #reloading: Promise<void> = Promise.resolve();
  #refusal: string | undefined;
  #reloads = 0;

  constructor(options: ConfigurationOptions) {
    this.#options = options;
    this.#kept = new KeptConfiguration(collectedFolderOf(options.folder), options.trainerFile);
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

  /**
   * Reads the files for the first time, collects by them and watches them. Where they cannot be used, what could last
   * be used counts, as it would in a collector that went on.
   * @throws CodedError as `readTrainerFile` does, where nothing could ever be used; `E_PORT_IN_USE`
   */
  async start(): Promise<void> {
    const { folder } = this.#options;
    const configuration = await this.#first();
    const pki = pkiFolderOf(folder);
    // What a person decides about a certificate appears in one of these.
    this.#trust.watch(TRUST_FOLDERS.map((name) => join(pki, name)));
    await this.#apply(configuration);
  }

  async close(): Promise<void> {
    this.#files.close();
    this.#trust.close();
    await this.#reloading;
  }

  async #first(): Promise<CollectorConfiguration> {
    const { trainerFile, log } = this.#options;
    try {
      const { trainer, files } = await readTrainerFile(trainerFile);
      this.#files.watch(files);
      await this.#keep(trainer, files);
      return trainer;
    } catch (thrown) {
      const kept = await this.#kept.read();
      if (kept === undefined) throw thrown;
      this.#files.watch(kept.files);
      const error = toCodedError(thrown);
      this.#refusal = describeError(error);
      const message = `collecting by what could last be used: ${this.#refusal}`;
      log.error({ event: 'collector.configuration.kept', code: error.code }, message);
      return kept.configuration;
    }
  }

  async #reload(): Promise<void> {
    const { trainerFile, log } = this.#options;
    try {
      const { trainer, files } = await readTrainerFile(trainerFile);
      this.#files.watch(files);
      const change = await this.#apply(trainer);
      await this.#keep(trainer, files);
      this.#refusal = undefined;
      this.#reloads += 1;
      log.info({ event: 'collector.reloaded', ...change, metrics: this.#options.metrics.url });
    } catch (thrown) {
      const error = toCodedError(thrown);
      this.#refusal = describeError(error);
      log.error({ event: 'collector.configuration.refused', code: error.code }, this.#refusal);
    }
  }

  async #apply(configuration: CollectorConfiguration): Promise<ConfigurationChange> {
    const { collector, metrics } = this.#options;
    const change = await collector.apply(configuration);
    await metrics.serve(configuration.collector?.metricsPort);
    return change;
  }

  /** What cannot be kept is of use all the same. */
  async #keep(configuration: CollectorConfiguration, files: readonly string[]): Promise<void> {
    try {
      await this.#kept.keep(configuration, files);
    } catch (thrown) {
      const { code, message } = toCodedError(thrown);
      this.#options.log.warn({ event: 'collector.configuration.unkept', code }, message);
    }
  }
}
