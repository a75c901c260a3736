import { CodedError } from '../../runtime/errors.ts';
import type { Granted } from './granted.ts';
import type { LinkOptions } from './link-options.ts';
import { MeasuredRates } from './measured-rates.ts';
import type { GrantedItem } from './monitored-target.ts';
import { bridgeSeconds } from './queue-plan.ts';

/** Says how a link is, and why it is less than was asked for. */
export class LinkReport {
  readonly #options: LinkOptions;
  readonly #rates = new MeasuredRates();
  readonly #unreadable: () => ReadonlySet<string>;
  #items: readonly GrantedItem[] = [];
  #granted: Granted | undefined;
  #measuredBridgeSeconds: number | undefined;
  #repairing: string | undefined;

  /** @param unreadable signals whose values are of a kind that no sample has. */
  constructor(options: LinkOptions, unreadable: () => ReadonlySet<string>) {
    this.#options = options;
    this.#unreadable = unreadable;
  }

  /** Whether the connection is said to be away. */
  get isRepairing(): boolean {
    return this.#repairing !== undefined;
  }

  /** What was granted and measured. */
  get figures(): Readonly<Record<string, number>> {
    const measured = this.#measuredBridgeSeconds;
    return {
      ...this.#granted?.figures,
      ...(measured === undefined ? {} : { measuredBridgeSeconds: measured }),
    };
  }

  /**
   * Notes what the server granted.
   * @throws CodedError `E_OPCUA_REVISED` for less than was asked, if the source is strict
   */
  note(granted: Granted, items: readonly GrantedItem[]): void {
    const { source, metrics, log } = this.#options;
    this.#granted = granted;
    this.#items = items;
    metrics.revisedItems = granted.revisedItems;
    for (const { target, samplingMs, queueSize } of items) {
      for (const { track } of target.signals) {
        track.samplingMs = samplingMs;
        track.queueSize = queueSize;
      }
    }
    const less = [...granted.reasons, ...granted.remarks];
    if (less.length === 0) return;
    log.warn({ event: 'opcua.revised', items: granted.revisedItems }, less.join('; '));
    if (source.strict) {
      throw new CodedError(
        'E_OPCUA_REVISED',
        `${source.endpoint} grants less than asked: ${less.join('; ')}`,
      );
    }
  }

  /**
   * Compares the queues with the rates that were measured: those of signals that say nothing of theirs are guesses.
   * @param seconds since the last time.
   */
  measure(seconds: number): void {
    const rates = this.#rates.measure(this.#items, seconds, this.#options.metrics.repairs);
    if (this.#granted === undefined || rates === undefined) return;
    const measured = bridgeSeconds(rates);
    this.#measuredBridgeSeconds = Number.isFinite(measured) ? Math.round(10 * measured) / 10 : undefined;
    if (!this.isRepairing) this.connected();
  }

  repairing(reason: string): void {
    this.#repairing = reason;
    this.#options.changed('connecting', reason);
  }

  connected(): void {
    this.#repairing = undefined;
    const reasons = [...(this.#granted?.reasons ?? [])];
    const unreadable = this.#unreadable();
    if (unreadable.size > 0) {
      reasons.push(`no number, text or array of numbers: ${[...unreadable].join(', ')}`);
    }
    const { minimumBridgeSeconds } = this.#options.source;
    const measured = this.#measuredBridgeSeconds;
    if (measured !== undefined && measured < minimumBridgeSeconds && !this.#promisesLess) {
      reasons.push(`the queues are enough for ${measured} s only at the rate at which values come`);
    }
    const reason = reasons.join('; ');
    this.#options.changed('connected', ...(reason === '' ? [] : [reason]));
  }

  /** Whether the reasons say already that the queues are too short. */
  get #promisesLess(): boolean {
    const { bridgeSeconds: promised = Number.POSITIVE_INFINITY } = this.#granted?.figures ?? {};
    return promised < this.#options.source.minimumBridgeSeconds;
  }
}
