import { type OperationTimes, operationTimes } from '../../../aas/server/operations/in-process-operations.ts';
import type {
  OperationCall,
  OperationOutcome,
  OperationProgress,
  OperationRunner,
} from '../../../aas/server/operations/operation-runner.ts';
import type { CommandAnswer } from '../../../openapi/schemas.ts';
import type { CommandFailureEvent } from '../../../queue/aggregator-queue.ts';
import { CodedError, toCodedError } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import { sortableId } from '../clock.ts';
import type { OperationRow } from '../store/operation-table.ts';
import { answerValue } from './answer-value.ts';
import type { CommandContext, CommandServices } from './command-context.ts';
import { commandFailure, commandSuccess } from './command-outcome.ts';
import { findCommandTarget } from './command-target.ts';
import { isReading, performCommand } from './perform-command.ts';

interface Options extends CommandServices {
  readonly log: Log;
  readonly times?: OperationTimes;
  /** Silence after which participants are offline: for as long after a start nobody is taken to be. */
  readonly offlineAfterMs: number;
  /** Runs the operations of submodels that hold no commands of ours. */
  readonly others: OperationRunner;
}

/** Commands that have begun and whose results have not expired; what they keep must not fill the disk. */
const MOST_COMMANDS = 10_000;
const LONGEST_ARGUMENT = 64 * 1024;

/** How often expired results are looked for, at most. */
const EXPIRE_EVERY_MS = 60_000;

/** Failures of the moment: the queue tries again. All others are the command's outcome. */
const RETRIED = ['E_REDIS_UNREACHABLE', 'E_DISK_FULL', 'E_NOT_READY'];

/**
 * The commands in the AAS (docs/aas-commands.md). What was invoked and how it ended stands in SQLite; a job of the
 * aggregator's queue performs it, again after a kill, and a command that asks a participant ends when that answers.
 */
export class Commands implements OperationRunner {
  readonly #options: Options;
  readonly #times: Required<OperationTimes>;
  readonly #startedMs = performance.now();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #waiting = new Map<string, (outcome: OperationOutcome) => void>();
  readonly #performing = new Map<string, Promise<void>>();
  readonly #expiry: NodeJS.Timeout;
  #closed = false;

  /** Takes up what had not ended when the last process did. */
  constructor(options: Options) {
    this.#options = options;
    this.#times = operationTimes(options.times);
    const { resultLifetimeMs } = this.#times;
    this.#expiry = setInterval(() => this.#expire(), Math.min(EXPIRE_EVERY_MS, resultLifetimeMs)).unref();
    for (const row of options.store.operations.open()) {
      if (row.awaited) this.#fail(row.request, new CodedError('E_ABORTED', 'the aggregator was restarted'));
      else this.#arm(row);
    }
  }

  async run(call: OperationCall): Promise<OperationOutcome> {
    if (!this.#isCommand(call)) return this.#options.others.run(call);
    const row = this.#begin(call, true);
    if (isReading(row.idShortPath)) await this.perform(row.request);
    const ended = this.#options.store.operations.get(row.request)?.outcome;
    const outcome =
      ended ??
      (await new Promise<OperationOutcome>((resolve) => {
        this.#waiting.set(row.request, resolve);
        this.#dispatch(row.request);
      }));
    // Its client has it, and nobody else knows the handle.
    this.#options.store.operations.delete(row.request);
    return outcome;
  }

  async start(call: OperationCall): Promise<string> {
    if (!this.#isCommand(call)) return this.#options.others.start(call);
    const { request } = this.#begin(call, false);
    this.#dispatch(request);
    return request;
  }

  async progress(
    operation: Pick<OperationCall, 'submodelId' | 'idShortPath'>,
    handle: string,
  ): Promise<OperationProgress | undefined> {
    const row = this.#options.store.operations.get(handle);
    if (row === undefined) return this.#options.others.progress(operation, handle);
    const { submodelId, idShortPath, outcome, endedMs } = row;
    if (submodelId !== operation.submodelId || idShortPath !== operation.idShortPath) return undefined;
    if (outcome === undefined || endedMs === undefined) return { ended: false, executionState: 'Running' };
    return endedMs + this.#times.resultLifetimeMs > Date.now() ? { ended: true, outcome } : undefined;
  }

  /**
   * Performs a command that has not ended; the same again does nothing.
   * @throws CodedError `E_REDIS_UNREACHABLE`, `E_DISK_FULL`, `E_NOT_READY`: it is to be tried again.
   */
  perform(request: string): Promise<void> {
    const running = this.#performing.get(request);
    if (running !== undefined) return running;
    const work = this.#perform(request).finally(() => this.#performing.delete(request));
    this.#performing.set(request, work);
    return work;
  }

  /**
   * Takes a participant's answer; the first one counts.
   * @throws CodedError `E_NOT_FOUND`, `E_WRONG_STATE` once the command has ended
   */
  answer(request: string, participant: string, answer: CommandAnswer): void {
    const { store } = this.#options;
    const row = store.operations.get(request);
    if (row === undefined) throw new CodedError('E_NOT_FOUND', `there is no command ${request}`);
    const asked = row.asked?.job;
    if (row.outcome !== undefined || asked?.participant !== participant || asked.kind !== answer.kind) {
      throw new CodedError('E_WRONG_STATE', `command ${request} waits for no such answer of ${participant}`);
    }
    this.#end(request, commandSuccess(answerValue(this.#options, asked, answer)));
  }

  /** A job of a command failed for good. */
  noteFailure({ request, code, message }: CommandFailureEvent): void {
    this.#fail(request, new CodedError(code, message));
  }

  /** Redis is there (again) and may have lost jobs: everything open goes there. */
  requeue(): void {
    for (const { request } of this.#options.store.operations.open()) this.#dispatch(request);
  }

  /** Ends what clients wait for; the rest goes on at the next start. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#expiry);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const request of [...this.#waiting.keys()]) {
      this.#fail(request, new CodedError('E_ABORTED', 'the aggregator ends'));
    }
  }

  #isCommand({ submodelId }: OperationCall): boolean {
    return findCommandTarget(submodelId, this.#options) !== undefined;
  }

  #begin(call: OperationCall, awaited: boolean): Pick<OperationRow, 'request' | 'idShortPath'> {
    if (this.#closed) throw new CodedError('E_NOT_READY', 'the aggregator ends');
    const { submodelId, idShortPath, inputArguments } = call;
    const argument = String(inputArguments[0]?.value['value'] ?? '');
    if (argument.length > LONGEST_ARGUMENT) {
      throw new CodedError(
        'E_INVALID_INPUT',
        `a command's argument has at most ${LONGEST_ARGUMENT} characters`,
      );
    }
    if (this.#options.store.operations.count() >= MOST_COMMANDS) {
      throw new CodedError('E_BUSY', `${MOST_COMMANDS} commands have begun and not expired`);
    }
    const { timeoutMs, asyncTimeoutMs, maximumTimeoutMs } = this.#times;
    const grantedMs = Math.min(call.timeoutMs ?? (awaited ? timeoutMs : asyncTimeoutMs), maximumTimeoutMs);
    const row = {
      request: sortableId(),
      submodelId,
      idShortPath,
      argument,
      awaited,
      deadlineMs: Date.now() + grantedMs,
    };
    this.#options.store.operations.insert(row);
    this.#arm(row);
    return row;
  }

  #arm({ request, deadlineMs }: Pick<OperationRow, 'request' | 'deadlineMs'>): void {
    const leftMs = Math.max(0, deadlineMs - Date.now());
    const late = new CodedError('E_OPERATION_TIMEOUT', 'there was no result in the time that was granted');
    this.#timers.set(
      request,
      setTimeout(() => this.#fail(request, late), leftMs),
    );
  }

  /** Gives a command to the queue. Without Redis, one that needs no participant is performed at once. */
  #dispatch(request: string): void {
    this.#options.queue
      .addOperation(request)
      .catch((thrown: unknown) => {
        if (this.#closed || toCodedError(thrown).code !== 'E_REDIS_UNREACHABLE') throw thrown;
        return this.perform(request);
      })
      .catch((thrown: unknown) => {
        const { code, message } = toCodedError(thrown);
        // `requeue` and the deadline take care of it.
        this.#options.log.warn({ event: 'command.waits', request, code }, message);
      });
  }

  async #perform(request: string): Promise<void> {
    const { store, queue, log } = this.#options;
    const row = store.operations.get(request);
    if (row === undefined || row.outcome !== undefined) return;
    try {
      // Who was asked before is asked the same again.
      const result =
        row.asked === undefined
          ? await performCommand(row.idShortPath, this.#contextOf(row))
          : { asks: row.asked };
      if ('value' in result) this.#end(request, commandSuccess(result.value));
      else {
        const { pool, job } = result.asks;
        if (row.asked === undefined) store.operations.noteAsked(request, result.asks);
        await queue.addCommand(pool, job);
      }
    } catch (thrown) {
      const error = this.#patient(toCodedError(thrown));
      if (RETRIED.includes(error.code)) throw error;
      log.info(
        { event: 'command.refused', request, command: row.idShortPath, code: error.code },
        error.message,
      );
      this.#fail(request, error);
    }
  }

  /** After a start nobody has been heard yet, so nobody is known to be offline. */
  #patient(error: CodedError): CodedError {
    const isEarly = performance.now() - this.#startedMs < this.#options.offlineAfterMs;
    if (error.code !== 'E_UNREACHABLE' || !isEarly) return error;
    return new CodedError('E_NOT_READY', error.message, { cause: error });
  }

  #contextOf(row: OperationRow): CommandContext {
    const target = findCommandTarget(row.submodelId, this.#options);
    if (target === undefined) {
      throw new CodedError('E_NOT_FOUND', 'whose commands these are, is not there any more');
    }
    const begin = (idShortPath: string): string => {
      // Made from this request's id, so that a repetition begins nothing twice.
      const task = { ...row, request: `${row.request}-task`, idShortPath, awaited: false };
      const deadlineMs = Date.now() + this.#times.asyncTimeoutMs;
      this.#options.store.operations.insert({ ...task, deadlineMs });
      if (!this.#timers.has(task.request)) this.#arm({ request: task.request, deadlineMs });
      this.#dispatch(task.request);
      return task.request;
    };
    return { ...this.#options, request: row.request, target, argument: row.argument, begin };
  }

  #fail(request: string, error: CodedError): void {
    const asked = this.#options.store.operations.get(request)?.asked;
    if (!this.#end(request, commandFailure(error)) || asked === undefined) return;
    this.#options.queue.dropCommand(asked.pool, asked.job).catch((thrown: unknown) => {
      const { code, message } = toCodedError(thrown);
      this.#options.log.warn({ event: 'command.drop.failed', request, code }, message);
    });
  }

  /** @returns whether it had not ended before. */
  #end(request: string, outcome: OperationOutcome): boolean {
    const ended = this.#options.store.operations.end(request, outcome, Date.now());
    clearTimeout(this.#timers.get(request));
    this.#timers.delete(request);
    if (!ended) return false;
    this.#options.log.info({ event: 'command.ended', request, state: outcome.executionState });
    this.#waiting.get(request)?.(outcome);
    this.#waiting.delete(request);
    return true;
  }

  #expire(): void {
    this.#options.store.operations.expire(Date.now() - this.#times.resultLifetimeMs);
  }
}
