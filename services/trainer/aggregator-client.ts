import { createReadStream } from 'node:fs';
import createClient, { type Client } from 'openapi-fetch';
import type { paths } from '../../openapi/generated/aggregator.ts';
import type { EvaluationReport, FeatureStatistics, Schemas } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { type FileAnswer, FileSender } from './file-sender.ts';
import { errorOfProblem, unreachable } from './problem.ts';

/** A file to be sent. */
export interface FileToSend {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  /** Its content, where that is small and was read already. */
  readonly content?: Uint8Array;
}

/** Key under which an update counts once. */
export interface ContributionKey {
  readonly run: string;
  readonly round: number;
  readonly roundAttempt: number;
  readonly participant: string;
}

/** Time for an answer to a small request. */
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * The aggregator's API as far as a trainer calls it. Failures are CodedErrors: the aggregator's own, or `E_UNREACHABLE`
 * when it did not answer or could not.
 */
export class AggregatorClient {
  readonly #baseUrl: string;
  readonly #client: Client<paths>;
  readonly #fileSender = new FileSender();
  #key: string | undefined;

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl.replace(/\/+$/, '');
    this.#client = createClient<paths>({ baseUrl: this.#baseUrl });
  }

  /** Sets the trainer's key, with which all later requests are signed. */
  useKey(key: string | undefined): void {
    this.#key = key;
  }

  async join(request: Schemas['JoinRequest']): Promise<Schemas['JoinAnswer']> {
    return this.#answer(() => this.#client.POST('/api/trainers/join', { ...this.#options(), body: request }));
  }

  async heartbeat(poolId: string, heartbeat: Schemas['Heartbeat']): Promise<Schemas['HeartbeatAnswer']> {
    const params = { path: { poolId } };
    return this.#answer(() =>
      this.#client.POST('/api/trainers/{poolId}/heartbeat', { ...this.#options(), params, body: heartbeat }),
    );
  }

  async putStatistics(runId: string, participantId: string, statistics: FeatureStatistics): Promise<void> {
    const params = { path: { runId, participantId } };
    await this.#answer(() =>
      this.#client.PUT('/api/runs/{runId}/statistics/{participantId}', {
        ...this.#options(),
        params,
        body: statistics,
      }),
    );
  }

  async postEvaluation(runId: string, report: EvaluationReport): Promise<void> {
    const params = { path: { runId } };
    await this.#answer(() =>
      this.#client.POST('/api/runs/{runId}/evaluations', { ...this.#options(), params, body: report }),
    );
  }

  async putCommandAnswer(
    requestId: string,
    participantId: string,
    answer: Schemas['CommandAnswer'],
  ): Promise<void> {
    const params = { path: { requestId, participantId } };
    await this.#answer(() =>
      this.#client.PUT('/api/commands/{requestId}/answers/{participantId}', {
        ...this.#options(),
        params,
        body: answer,
      }),
    );
  }

  /** The bytes of a model version, unchecked. */
  async weights(federation: string, version: Schemas['FileReference']): Promise<AsyncIterable<Uint8Array>> {
    const { group, number } = version;
    const path = `/api/federations/${federation}/versions/${number}/weights?group=${group}`;
    const response = await this.#fetch(path, {});
    return bytesOf(response);
  }

  /** The bytes of what a strategy keeps beside a model version, unchecked. */
  async strategyState(
    federation: string,
    { group, number }: Schemas['FileReference'],
  ): Promise<AsyncIterable<Uint8Array>> {
    const path = `/api/federations/${federation}/versions/${number}/strategy-state?group=${group}`;
    return bytesOf(await this.#fetch(path, {}));
  }

  async putUpdate(key: ContributionKey, file: FileToSend, signal: AbortSignal): Promise<void> {
    const { run, round, roundAttempt, participant } = key;
    const path = `/api/runs/${run}/rounds/${round}/attempts/${roundAttempt}/updates/${participant}`;
    await this.#put(path, file, signal);
  }

  async putInitialVersion(runId: string, file: FileToSend, signal: AbortSignal): Promise<void> {
    await this.#put(`/api/runs/${runId}/initial-version`, file, signal);
  }

  async #put(path: string, file: FileToSend, signal: AbortSignal): Promise<void> {
    const headers = {
      'content-type': 'application/octet-stream',
      'content-length': String(file.bytes),
      'x-content-sha256': file.sha256,
      ...this.#authorization(),
    };
    const body = file.content ?? createReadStream(file.path);
    let answer: FileAnswer;
    try {
      answer = await this.#fileSender.put(`${this.#baseUrl}${path}`, headers, body, signal);
    } catch (cause) {
      if (signal.aborted) throw new CodedError('E_ABORTED', 'the request was called off', { cause });
      throw unreachable(cause);
    } finally {
      if (!(body instanceof Uint8Array)) body.destroy();
    }
    if (answer.status >= 300) throw errorOfProblem(answer.status, answer.text, answer.retryAfterMs);
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      const headers = { ...(init.headers as Record<string, string>), ...this.#authorization() };
      response = await fetch(`${this.#baseUrl}${path}`, { ...init, headers });
    } catch (cause) {
      if (init.signal?.aborted) throw new CodedError('E_ABORTED', 'the request was called off', { cause });
      throw unreachable(cause);
    }
    if (!response.ok) throw errorOfProblem(response.status, await response.text().catch(() => ''));
    return response;
  }

  #options() {
    return { headers: this.#authorization(), signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) };
  }

  #authorization(): Record<string, string> {
    return this.#key === undefined ? {} : { authorization: `Bearer ${this.#key}` };
  }

  async #answer<Data>(
    request: () => Promise<{ data?: Data; error?: unknown; response: Response }>,
  ): Promise<Data> {
    let answer: Awaited<ReturnType<typeof request>>;
    try {
      answer = await request();
    } catch (cause) {
      throw unreachable(cause);
    }
    if (!answer.response.ok) throw errorOfProblem(answer.response.status, answer.error);
    // With a status of success the body is the one that the operation describes.
    return answer.data as Data;
  }
}

function bytesOf({ body }: Response): AsyncIterable<Uint8Array> {
  if (body === null) throw new CodedError('E_UNREACHABLE', 'the aggregator sent no file');
  return connectionErrorsOf(body);
}

async function* connectionErrorsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw unreachable(cause);
  }
}
