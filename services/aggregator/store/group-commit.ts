/** A change on its way to a commit that it shares with others. */
export interface CommitSeat {
  /** Runs the change in a transaction. It must throw before it writes, as others share its commit. */
  commit<Result>(change: () => Result): Promise<Result>;
  /** Gives the seat up; to be called in any case, also after `commit`. */
  leave(): void;
}

interface Waiting {
  /** Runs the change and remembers its outcome. */
  run(): void;
  settle(): void;
  fail(reason: unknown): void;
}

/** How long a change waits for others that are on their way: less than the sync of a commit that is saved. */
const LONGEST_WAIT_MS = 3;

/**
 * Collects changes that are on their way at the same time into one transaction: a commit costs a sync of the disk,
 * however much is in it.
 */
export class GroupCommit {
  readonly #transaction: (change: () => void) => void;
  #waiting: Waiting[] = [];
  #onTheirWay = 0;
  #timer: NodeJS.Timeout | undefined;
  #scheduled = false;

  constructor(transaction: (change: () => void) => void) {
    this.#transaction = transaction;
  }

  /** Says that a change will come soon. */
  enter(): CommitSeat {
    this.#onTheirWay += 1;
    let seated = true;
    const leave = () => {
      if (!seated) return;
      seated = false;
      this.#onTheirWay -= 1;
      this.#flushIfComplete();
    };
    return {
      commit: (change) =>
        new Promise((resolve, reject) => {
          this.#waiting.push(waiting(change, resolve, reject));
          this.#timer ??= setTimeout(() => this.#flush(), LONGEST_WAIT_MS);
          leave();
        }),
      leave,
    };
  }

  #flushIfComplete(): void {
    if (this.#onTheirWay > 0 || this.#waiting.length === 0 || this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#scheduled = false;
    const group = this.#waiting;
    this.#waiting = [];
    if (group.length === 0) return;
    try {
      this.#transaction(() => {
        for (const change of group) change.run();
      });
    } catch (thrown) {
      for (const change of group) change.fail(thrown);
      return;
    }
    for (const change of group) change.settle();
  }
}

function waiting<Result>(
  change: () => Result,
  resolve: (result: Result) => void,
  reject: (reason: unknown) => void,
): Waiting {
  let settle = () => {};
  return {
    run: () => {
      try {
        const result = change();
        settle = () => resolve(result);
      } catch (thrown) {
        settle = () => reject(thrown);
      }
    },
    settle: () => settle(),
    fail: reject,
  };
}
