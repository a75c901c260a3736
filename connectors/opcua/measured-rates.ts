import type { GrantedItem, MonitoredTarget } from './monitored-target.ts';

/** Measures how fast values of each item come. */
export class MeasuredRates {
  #counts = new Map<MonitoredTarget, number>();
  #repairs = -1;

  /**
   * The rates since the last call with the queues that are to hold them; undefined for a time in which queues were
   * emptied after an outage, which says nothing of rates.
   * @param seconds since the last call.
   * @param repairs of connections so far.
   */
  measure(
    items: readonly GrantedItem[],
    seconds: number,
    repairs: number,
  ): { queueSize: number; rateHz: number }[] | undefined {
    const before = this.#counts;
    const isComparable = before.size > 0 && this.#repairs === repairs;
    this.#repairs = repairs;
    this.#counts = new Map(items.map(({ target }) => [target, target.signals[0]?.track.count ?? 0]));
    if (!isComparable) return undefined;
    return items
      .filter(({ target }) => target.longLength === undefined)
      .map(({ target, queueSize }) => {
        const values = (this.#counts.get(target) ?? 0) - (before.get(target) ?? 0);
        return { queueSize, rateHz: values / seconds };
      })
      .filter(({ rateHz }) => rateHz > 0);
  }
}
