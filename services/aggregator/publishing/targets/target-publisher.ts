import type { AasTarget, HeldKind, TargetMemory } from '../../../../aas/client/publish/aas-target.ts';
import { publishToTarget } from '../../../../aas/client/publish/publish-to-target.ts';
import { statusOf } from '../../../../aas/client/publish/put-object.ts';
import type { Publication } from '../../../../aas/publication.ts';
import type { Schemas } from '../../../../openapi/schemas.ts';
import { type CodedError, toCodedError } from '../../../../runtime/errors.ts';
import type { Log } from '../../../../runtime/log.ts';
import { timestamp } from '../../clock.ts';
import { present } from '../../store/present.ts';
import type { Store } from '../../store/store.ts';
import { type PendingForTarget, wholeOf } from '../../store/target-outbox-table.ts';

interface Options {
  /** Its connections end with `signal`. */
  connect(signal: AbortSignal): AasTarget;
  readonly id: string;
  readonly resyncEveryMs: number;
  readonly store: Store;
  readonly log: Log;
  /** Outbox names of everything there is. */
  names(): readonly string[];
  /** Makes what is published of the thing with that outbox name, without what other names stand for. */
  build(name: string): Publication;
}

/** Changes within this time go out together. */
const COLLECT_MS = 50;
/** States of the moment go out no more often than this. */
const NOTE_MS = 2000;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 60_000;

/**
 * Brings the outbox rows of one outside target there, one thing after the other, again and again until it took them.
 * What a target refuses waits alone; a target that is away holds up its own rows only.
 */
export class TargetPublisher {
  readonly id: string;
  readonly #options: Options;
  readonly #target: AasTarget;
  readonly #stop = new AbortController();
  /** States of the moment that changed; a full comparison at the start makes up for those that a kill loses. */
  readonly #noted = new Set<string>();
  /** When a refused thing is tried again, by `performance.now()`. */
  readonly #notBeforeMs = new Map<string, number>();
  /** Things that are written whole, whatever the target is known to have. */
  readonly #compare = new Set<string>();
  readonly #resyncTimer: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #noteTimer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #failures = 0;
  #awayUntilMs = 0;
  #trouble: string | undefined;
  #publishedAt: string | undefined;

  constructor(options: Options) {
    this.id = options.id;
    this.#options = options;
    this.#target = options.connect(this.#stop.signal);
    this.#resyncTimer = setInterval(() => this.resync(), options.resyncEveryMs).unref();
  }

  /** What it is behind with, and why. */
  get status(): Schemas['TargetStatus'] {
    const refused = this.#options.store.targetOutbox.pending(this.id).find(({ reason }) => reason !== null);
    return present({
      id: this.id,
      pending: this.#options.store.targetOutbox.count(this.id),
      trouble: this.#trouble ?? refused?.reason ?? undefined,
      publishedAt: this.#publishedAt,
    });
  }

  /** Writes everything anew, and takes out what is no more. */
  resync(): void {
    const { store, names } = this.#options;
    const all = new Set([...names(), ...store.targetObjects.names(this.id)]);
    store.transaction(() => {
      for (const name of all) store.targetOutbox.add(this.id, name);
    });
    for (const name of all) this.#compare.add(name);
    this.poke();
  }

  /** Publishes a state of the moment some time soon. */
  note(name: string): void {
    this.#noted.add(wholeOf(name));
    if (this.#stop.signal.aborted) return;
    this.#noteTimer ??= setTimeout(() => {
      this.#noteTimer = undefined;
      const { store } = this.#options;
      store.transaction(() => {
        for (const each of this.#noted) store.targetOutbox.add(this.id, each);
      });
      this.#noted.clear();
      this.poke();
    }, NOTE_MS);
  }

  /** Publishes what the outbox has, soon, in the background. */
  poke(delayMs = COLLECT_MS): void {
    const dueMs = performance.now() + delayMs;
    if (this.#stop.signal.aborted || dueMs >= this.#dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => {
      this.#dueMs = Number.POSITIVE_INFINITY;
      const before = this.#running ?? Promise.resolve();
      this.#running = before.then(() => this.#drain());
    }, delayMs);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#noteTimer);
    clearInterval(this.#resyncTimer);
    await this.#running;
  }

  async #drain(): Promise<void> {
    const { store } = this.#options;
    const blocked = new Set<string>();
    for (const row of inOrder(store.targetOutbox.pending(this.id))) {
      if (this.#stop.signal.aborted) return;
      const nowMs = performance.now();
      if (nowMs < this.#awayUntilMs) return this.poke(this.#awayUntilMs - nowMs);
      // A federation's status names its newest version, which must be there first.
      const waits = blocked.has(row.name) || nowMs < (this.#notBeforeMs.get(row.name) ?? 0);
      if (waits || !(await this.#publish(row))) {
        const [kind, federation] = row.name.split(':');
        if (kind === 'version') blocked.add(`federation:${federation}`);
      }
    }
    this.#waitForRefused();
  }

  /** @returns whether the target has it now. */
  async #publish(row: PendingForTarget): Promise<boolean> {
    const { name, revision } = row;
    const { store, build } = this.#options;
    try {
      const publication = this.#withOrphans(name, build(name));
      const { lost } = await publishToTarget({
        target: this.#target,
        publication,
        memory: this.#memoryOf(name),
        everything: this.#compare.has(name),
      });
      store.targetOutbox.done(this.id, name, revision);
      this.#compare.delete(name);
      this.#notBeforeMs.delete(name);
      this.#noteSuccess();
      if (lost) this.#noteLoss();
      return true;
    } catch (thrown) {
      if (this.#stop.signal.aborted) return false;
      const error = toCodedError(thrown);
      this.#noteFailure(row, error);
      if (error.details['lost'] === true) this.#noteLoss();
      return false;
    }
  }

  /** Takes out, too, what was once published of the thing and is no longer a part of it. */
  #withOrphans(name: string, publication: Publication): Publication {
    const { shells = [], submodels = [], remove } = publication;
    const held = this.#options.store.targetObjects.of(this.id, name);
    const orphans = (kinds: readonly string[], now: readonly { readonly id: string }[]) => [
      ...new Set(
        held
          .filter(({ kind, id }) => kinds.includes(kind) && now.every((each) => each.id !== id))
          .map(({ id }) => id),
      ),
    ];
    return {
      ...publication,
      remove: {
        shells: [...(remove?.shells ?? []), ...orphans(['shell', 'shell-descriptor', 'links'], shells)],
        submodels: [...(remove?.submodels ?? []), ...orphans(['submodel', 'submodel-descriptor'], submodels)],
      },
    };
  }

  #memoryOf(name: string): TargetMemory {
    const { targetObjects } = this.#options.store;
    return {
      get: (kind: HeldKind, id) => targetObjects.get(this.id, kind, id),
      put: (kind, id, fingerprint) => targetObjects.put(this.id, kind, id, name, fingerprint),
      forget: (kind, id) => targetObjects.forget(this.id, kind, id),
    };
  }

  #noteSuccess(): void {
    if (this.#trouble !== undefined) this.#options.log.info({ event: 'target.back', target: this.id });
    this.#failures = 0;
    this.#trouble = undefined;
    this.#publishedAt = timestamp();
  }

  /** A server that forgot one thing has most likely forgotten all: one in memory that was started anew. */
  #noteLoss(): void {
    this.#options.log.warn({ event: 'target.lost', target: this.id }, 'the target lost what it had');
    this.resync();
  }

  #noteFailure(row: PendingForTarget, error: CodedError): void {
    const { store, log } = this.#options;
    const reason = `${error.code}: ${error.message}`;
    store.targetOutbox.fail(this.id, row.name, reason);
    if (isRefusal(error)) {
      if (row.reason !== reason) {
        log.warn({ event: 'target.refused', target: this.id, name: row.name, code: error.code }, reason);
      }
      this.#notBeforeMs.set(row.name, performance.now() + backOffMs(row.attempts));
      return;
    }
    if (this.#trouble === undefined) {
      log.warn({ event: 'target.away', target: this.id, code: error.code }, reason);
    }
    this.#trouble = reason;
    this.#awayUntilMs = performance.now() + backOffMs(this.#failures);
    this.#failures += 1;
  }

  #waitForRefused(): void {
    const nowMs = performance.now();
    const pending = this.#options.store.targetOutbox.pending(this.id);
    if (pending.length === 0) return;
    const waitsMs = pending.map(({ name }) => (this.#notBeforeMs.get(name) ?? nowMs) - nowMs);
    // What waits for another row alone goes with that one.
    const later = waitsMs.filter((waitMs) => waitMs > 0);
    const awayMs = this.#awayUntilMs - nowMs;
    if (awayMs > 0) this.poke(awayMs);
    else this.poke(later.length === 0 ? COLLECT_MS : Math.min(...later));
  }
}

/** Versions before the federation whose status names the newest, in their order. */
function inOrder(rows: readonly PendingForTarget[]): PendingForTarget[] {
  const rank = ({ name }: PendingForTarget) => {
    const [kind, , number] = name.split(':');
    return kind === 'participant' ? -1 : kind === 'version' ? Number(number) : Number.POSITIVE_INFINITY;
  };
  return [...rows].sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
}

/** Whether the server looked at this one thing and did not want it, in contrast to taking nothing at all. */
function isRefusal(error: CodedError): boolean {
  const status = statusOf(error);
  if (status === undefined) return error.code !== 'E_AAS_REQUEST';
  return status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status);
}

/** Doubles with each failure, with up to half of it less, so that several that failed together do not return together. */
function backOffMs(failures: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 12)) * (1 - Math.random() / 2);
}
