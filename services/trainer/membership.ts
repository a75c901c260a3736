import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Federation, Schemas } from '../../openapi/schemas.ts';
import { CodedError, toCodedError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { AggregatorClient } from './aggregator-client.ts';
import type { MachineTrust } from './machine-trust.ts';
import type { ParticipantStatus } from './participant-status.ts';
import { ToldGaps } from './told-gaps.ts';
import { writeFileDurably } from './write-file-durably.ts';

interface MembershipOptions {
  readonly client: AggregatorClient;
  /** Who joins, without token or proof. */
  readonly request: Omit<Schemas['JoinRequest'], 'token' | 'proof'>;
  /** Gives the join token, else the proof by a certificate, where the trainer file names one. */
  readonly credential: (() => Promise<Pick<Schemas['JoinRequest'], 'token' | 'proof'>>) | undefined;
  /** Where the trainer's own key is kept. */
  readonly keyFile: string;
  readonly statuses: () => readonly ParticipantStatus[];
  /** The trust list of the machines, where it is shared with the aggregator. */
  readonly trust?: MachineTrust | undefined;
  readonly log: Log;
}

const HEARTBEAT_INTERVAL_MS = 2_000;
/** How often the state is looked at: a change is told after this time at most. */
const LOOK_INTERVAL_MS = 250;
const REJOIN_DELAY_MS = 2_000;

/** What time may mend: the aggregator comes back, or somebody approves the trainer's certificate. */
const WAITED_FOR = ['E_UNREACHABLE', 'E_NOT_APPROVED'];

/** Refusals that a new join with the token may mend, such as that of an aggregator which lost its state. */
const KEY_REFUSED = ['E_UNAUTHORIZED', 'E_TOKEN_REFUSED', 'E_FORBIDDEN', 'E_NOT_FOUND'];

/** The trainer's place at the aggregator: it joins, keeps its key, and reports every two seconds and at each change. */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #stop = new AbortController();
  #federations: readonly Federation[] = [];
  #joined = false;
  #away = false;
  readonly #toldGaps = new ToldGaps();
  #running: Promise<void> = Promise.resolve();

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  /** The federations that the aggregator last named. */
  get federations(): readonly Federation[] {
    return this.#federations;
  }

  /**
   * Joins and begins to report. An aggregator that is away, or waits for an approval, is tried again in the background for ever.
   * @throws CodedError if the aggregator refuses, such as `E_TOKEN_REFUSED`.
   */
  async start(): Promise<void> {
    try {
      await this.#join();
    } catch (thrown) {
      const error = toCodedError(thrown);
      if (!WAITED_FOR.includes(error.code)) throw error;
      this.#noteAway(error);
    }
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let told = '';
    let toldMs = 0;
    while (!signal.aborted) {
      try {
        if (!this.#joined) await this.#join();
        const participants = [...this.#options.statuses()];
        const now = JSON.stringify(
          // Figures that nothing depends on come with what changes, and every two seconds.
          participants.map(({ data, slots, collection, newestGaps, ...rest }) => [
            rest,
            data.map(({ ready, finished }) => [ready, finished]),
          ]),
        );
        const isDue = performance.now() - toldMs >= HEARTBEAT_INTERVAL_MS;
        if (now !== told || isDue || this.#options.trust?.hasNews) {
          await this.#report(participants);
          told = now;
          toldMs = performance.now();
        }
        await sleep(LOOK_INTERVAL_MS, undefined, { signal });
      } catch (thrown) {
        if (signal.aborted) return;
        this.#noteAway(toCodedError(thrown));
        // The stop ends the wait early.
        await sleep(REJOIN_DELAY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #report(statuses: readonly ParticipantStatus[]): Promise<void> {
    const { client, request, trust } = this.#options;
    const participants = this.#toldGaps.without(statuses, performance.now());
    const report = await trust?.report();
    try {
      const heartbeat = { participants, ...(report === undefined ? {} : { trust: report }) };
      const answer = await client.heartbeat(request.pool.id, heartbeat);
      this.#federations = answer.federations;
      this.#toldGaps.noteTold(participants, performance.now());
      this.#noteBack();
      if (report !== undefined) await trust?.arrived(report, answer.trustDecisions ?? []);
    } catch (thrown) {
      if (KEY_REFUSED.includes(toCodedError(thrown).code)) this.#joined = false;
      throw thrown;
    }
  }

  async #join(): Promise<void> {
    const { client, request, credential, keyFile, log } = this.#options;
    const key = await readFile(keyFile, 'utf8').catch(() => undefined);
    let answer = key === undefined ? undefined : await this.#joinWithKey(key);
    if (answer === undefined) {
      if (credential === undefined) {
        const message =
          'the trainer has no key yet and the trainer file names neither join token nor certificate';
        throw new CodedError('E_INVALID_INPUT', message);
      }
      client.useKey(undefined);
      answer = await client.join({ ...request, ...(await credential()) });
      if (answer.key === undefined) throw new CodedError('E_TOKEN_REFUSED', 'the aggregator gave no key');
      await writeFileDurably(keyFile, answer.key, 0o600);
      client.useKey(answer.key);
    }
    this.#federations = answer.federations;
    this.#joined = true;
    this.#options.trust?.joinedAnew();
    this.#noteBack();
    log.info({
      event: 'trainer.joined',
      pool: request.pool.id,
      federations: answer.federations.map(({ id }) => id),
    });
  }

  /** Undefined if the key is refused and a token or proof may help. */
  async #joinWithKey(key: string): Promise<Schemas['JoinAnswer'] | undefined> {
    const { client, request, credential } = this.#options;
    client.useKey(key);
    try {
      return await client.join(request);
    } catch (thrown) {
      if (credential !== undefined && KEY_REFUSED.includes(toCodedError(thrown).code)) return undefined;
      throw thrown;
    }
  }

  #noteAway(error: CodedError): void {
    const { log } = this.#options;
    if (!this.#away) log.warn({ event: 'aggregator.away', code: error.code }, error.message);
    this.#away = true;
  }

  #noteBack(): void {
    if (this.#away) this.#options.log.info({ event: 'aggregator.back' });
    this.#away = false;
  }
}
