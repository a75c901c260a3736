import type { Publication } from '../../../aas/publication.ts';
import type { AasEnvironment } from '../../../aas/server/environment.ts';
import type { AasIds } from '../../../aas/submodels/aas-ids.ts';
import { type CodedError, toCodedError } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import { timestamp } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import type { Store } from '../store/store.ts';
import { merged } from './merged.ts';
import { type VersionName, versionOfPublication } from './publication-name.ts';

interface Options {
  readonly store: Store;
  readonly environment: Pick<AasEnvironment, 'apply'>;
  readonly ids: AasIds;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Makes what the AAS shows of the thing with that outbox name. */
  build(name: string): Publication;
  /** Where any AAS client downloads a version's file. */
  attachmentUrl(version: VersionName): string;
}

/** Environments beside our own, which are told what changed. */
interface Outside {
  note(name: string): void;
  poke(): void;
}

/** Changes within this time are published together. */
const COLLECT_MS = 50;
/** States of the moment are published no more often than this. */
const NOTE_MS = 1000;
const LONGEST_RETRY_MS = 10_000;
/** How many times as long as their publication took states of the moment rest after it. */
const NOTE_REST = 9;
/** Things that are published in one transaction at most. */
const BATCH = 50;

/** Brings what the outbox names into the AAS, and again until the AAS took it. */
export class Publisher {
  readonly #options: Options;
  /** Publications go one after the other, so that an older state never overtakes a newer one. */
  #tail: Promise<unknown> = Promise.resolve();
  /** Things whose state of the moment changed; the outbox has what must not be lost. */
  readonly #noted = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #noteTimer: NodeJS.Timeout | undefined;
  #failures = 0;
  #trouble: string | undefined;
  #closed = false;
  #outside: Outside | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  get ids(): AasIds {
    return this.#options.ids;
  }

  /** Why the last publication failed; undefined once one succeeded. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** What the AAS shows of the thing with that outbox name. */
  build(name: string): Publication {
    return this.#options.build(name);
  }

  /** Tells these, too, what changed. */
  alsoTell(outside: Outside): void {
    this.#outside = outside;
  }

  attachmentUrl({ federation, group, number }: VersionName): string | undefined {
    const version = this.#options.store.versions.get(federation, number, group);
    return version?.publishedAt === undefined ? undefined : this.#options.attachmentUrl(version);
  }

  /**
   * Publishes these now; when it resolves, any AAS client can read them. The caller takes them out of the outbox.
   * @throws CodedError what the AAS answered; the outbox keeps the reason.
   */
  async publish(names: readonly string[]): Promise<void> {
    const work = this.#tail.then(() =>
      this.#options.environment.apply(merged(names.map((name) => this.#options.build(name)))),
    );
    this.#tail = work.catch(() => undefined);
    try {
      await work;
      this.#failures = 0;
      this.#trouble = undefined;
      this.#outside?.poke();
    } catch (thrown) {
      throw this.#noteFailure(names, toCodedError(thrown));
    }
  }

  /** Publishes what the outbox has, soon, in the background. */
  poke(delayMs = COLLECT_MS): void {
    this.#outside?.poke();
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#drain();
    }, delayMs);
  }

  /** Publishes a state of the moment some time soon; at the next start it is published in any case. */
  note(name: string): void {
    this.#outside?.note(name);
    this.#noted.add(name);
    if (this.#closed || this.#noteTimer !== undefined) return;
    this.#noteTimer = setTimeout(() => {
      this.#noteTimer = undefined;
      this.poke(0);
    }, NOTE_MS);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#noteTimer);
    await this.#tail;
  }

  async #drain(): Promise<void> {
    const { store } = this.#options;
    const pending = store.publications.pending().slice(0, BATCH);
    const noted = [...this.#noted].slice(0, BATCH - pending.length);
    const names = [...new Set([...pending.map(({ name }) => name), ...noted])];
    if (names.length === 0 || this.#closed) return;
    for (const name of noted) this.#noted.delete(name);
    const beganMs = performance.now();
    try {
      await this.publish(names);
      store.transaction(() => {
        for (const { name, revision } of pending) store.publications.done(name, revision);
        this.#noteVersions(names);
      });
      // States of the moment of a large cohort must not take all the time there is; what the outbox has goes at once.
      this.poke(pending.length > 0 ? 0 : NOTE_REST * (performance.now() - beganMs));
    } catch (thrown) {
      for (const name of noted) this.#noted.add(name);
      const reason = toCodedError(thrown).message;
      store.transaction(() => {
        for (const { name } of pending) store.publications.fail(name, reason);
      });
      this.poke(Math.min(LONGEST_RETRY_MS, 250 * 2 ** Math.min(this.#failures, 10)));
    }
  }

  #noteFailure(names: readonly string[], error: CodedError): CodedError {
    const { log, metrics } = this.#options;
    this.#failures += 1;
    this.#trouble = `${error.code}: ${error.message}`;
    metrics.publicationFailures.inc();
    log.warn({ event: 'publication.failed', names, code: error.code }, error.message);
    return error;
  }

  #noteVersions(names: readonly string[]): void {
    const { store } = this.#options;
    for (const name of names) {
      const version = versionOfPublication(name);
      if (version === undefined) continue;
      const { federation, group, number } = version;
      store.versions.notePublished(federation, number, timestamp(), group);
    }
  }
}
