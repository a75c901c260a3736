import type { Sql } from './sql.ts';

/** How long a commit may wait for further writes of the same moment. */
const COMPANY_WAIT_MS = 1;
/** A group that grew this large is committed at once: more would only make its first member wait. */
const LARGEST_GROUP = 256;

interface WaitingWrite {
  /** Runs the work and tells how it ends; the caller learns of it after the commit. */
  readonly run: () => () => void;
  readonly fail: (thrown: unknown) => void;
}

/**
 * Writes that arrive together share one commit, as a commit costs a sync of the disk, far more than the writes
 * themselves. The work of a group runs in one synchronous transaction, in the order of arrival: no reader sees what is
 * not yet durable, and no two writes interleave. A write that throws is rolled back alone.
 */
export class GroupCommit {
  readonly #sql: Sql;
  readonly #committed: () => void;
  #waiting: WaitingWrite[] = [];
  /** Ends the timer that is set; undefined without one. */
  #unschedule: (() => void) | undefined;
  #lastGroup = 1;

  /** @param committed runs after each commit, before the callers are answered. */
  constructor(sql: Sql, committed: () => void) {
    this.#sql = sql;
    this.#committed = committed;
  }

  /** Runs `work` in a transaction it may share. Resolves with its result once that is durable. */
  write<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        run: () => {
          const result = work();
          return () => resolve(result);
        },
        fail: reject,
      });
      if (this.#waiting.length >= LARGEST_GROUP) this.flush();
      else if (this.#unschedule === undefined) this.#schedule();
    });
  }

  /** Commits what waits. */
  flush(): void {
    this.#unschedule?.();
    this.#unschedule = undefined;
    const group = this.#waiting;
    if (group.length === 0) return;
    this.#waiting = [];
    this.#lastGroup = group.length;
    const answers: (() => void)[] = [];
    try {
      this.#sql.transaction(() => {
        for (const write of group) answers.push(this.#runAlone(write, group.length > 1));
      });
      this.#committed();
    } catch (thrown) {
      for (const write of group) write.fail(thrown);
      return;
    }
    for (const answer of answers) answer();
  }

  /** A lone writer waits for nobody; where there were several, the others are given a moment to arrive. */
  #schedule(): void {
    // Each kind of timer must be ended by its own function: the other one upsets the engine's count of them.
    if (this.#lastGroup === 1) {
      const immediate = setImmediate(() => this.flush());
      this.#unschedule = () => clearImmediate(immediate);
    } else {
      const timeout = setTimeout(() => this.flush(), COMPANY_WAIT_MS);
      this.#unschedule = () => clearTimeout(timeout);
    }
  }

  /** @returns how the caller is answered after the commit. */
  #runAlone(write: WaitingWrite, shared: boolean): () => void {
    // A transaction with one write is undone as a whole.
    if (!shared) return write.run();
    this.#sql.run('SAVEPOINT one_write');
    try {
      const answer = write.run();
      this.#sql.run('RELEASE one_write');
      return answer;
    } catch (thrown) {
      this.#sql.run('ROLLBACK TO one_write');
      this.#sql.run('RELEASE one_write');
      return () => write.fail(thrown);
    }
  }
}
