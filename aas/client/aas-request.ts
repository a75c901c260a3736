import { CodedError } from '../../runtime/errors.ts';
import { AnswerBody } from './answer-body.ts';

/** How an AAS server is reached. */
export interface AasConnection {
  /** Base URL of the registry or environment. */
  readonly url: string;
  /** Sent to that server only, never to another one that a descriptor names. */
  readonly bearerToken?: string;
  /** Time until an answer begins, and between two parts of it. @defaultValue 10000 */
  readonly timeoutMs?: number;
  /** Ends requests early. */
  readonly signal?: AbortSignal;
}

/** The connection's server, without a slash at the end. @throws CodedError `E_INVALID_INPUT` unless http or https */
export function baseUrlOf(connection: AasConnection): string {
  return httpUrl(connection.url).href.replace(/\/+$/, '');
}

/** @throws CodedError `E_INVALID_INPUT` unless it is an absolute http or https URL */
export function httpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new CodedError('E_INVALID_INPUT', `"${text}" is not an http or https URL`);
  }
  return url;
}

/** A body that is no JSON, sent as it is read. */
export interface StreamedBody {
  readonly contentType: string;
  readonly bytes: number;
  readonly content: AsyncIterable<Uint8Array>;
}

interface AasRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly body?: unknown;
  readonly stream?: StreamedBody;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Longest JSON that is read: no registry of ours to be reached has larger pages, and memory is not theirs to fill. */
const LONGEST_JSON_BYTES = 64 * 1024 * 1024;
const LONGEST_REFUSAL_BYTES = 1024 * 1024;

/** An answer of 2xx whose body is still to be read; `keepAlive` puts the timeout off by another turn. */
export interface AasAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AnswerBody;
  keepAlive(): void;
  /** Must be called when the body has been read, or is not wanted. */
  end(): void;
}

/**
 * Sends one request and waits for a success.
 * @throws CodedError `E_AAS_NOT_FOUND` for 404, `E_AAS_REQUEST` for any other refusal or an unreachable server; the
 * details have the `status`
 */
export async function sendAasRequest(
  connection: AasConnection,
  target: string,
  request: AasRequest = {},
): Promise<AasAnswer> {
  const url = httpUrl(target);
  const method = request.method ?? 'GET';
  const { timeoutMs = 10_000, bearerToken } = connection;
  const controller = new AbortController();
  let body: AnswerBody | undefined;
  const fail = (error: Error) => {
    controller.abort(error);
    body?.fail(error);
  };
  const timer = setTimeout(() => fail(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
  const stopped = () => fail(new Error('the request was called off'));
  connection.signal?.addEventListener('abort', stopped);
  const end = () => {
    clearTimeout(timer);
    connection.signal?.removeEventListener('abort', stopped);
  };
  const isOwnServer = url.origin === httpUrl(connection.url).origin;
  const { stream } = request;
  try {
    const response = await fetch(url, {
      method,
      // A redirect could lead a token or a request to another server.
      redirect: 'error',
      signal: controller.signal,
      headers: {
        accept: 'application/json',
        ...(bearerToken !== undefined && isOwnServer ? { authorization: `Bearer ${bearerToken}` } : {}),
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(stream === undefined
          ? {}
          : { 'content-type': stream.contentType, 'content-length': String(stream.bytes) }),
        ...request.headers,
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      ...(stream === undefined ? {} : { body: sent(stream.content, () => timer.refresh()), duplex: 'half' }),
    });
    body = new AnswerBody(response);
    const { status, headers } = response;
    if (!response.ok) throw await refusal(status, body, `${method} ${url.href}`);
    return { status, headers, body, keepAlive: () => timer.refresh(), end };
  } catch (thrown) {
    end();
    throw thrown instanceof CodedError ? thrown : unreachable(`${method} ${url.href}`, thrown);
  }
}

/** A long body is no silence: each part of it puts the timeout off. */
async function* sent(content: AsyncIterable<Uint8Array>, keepAlive: () => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    keepAlive();
    yield chunk;
  }
}

/**
 * Sends a request whose answer's body does not matter.
 * @returns the status, of 2xx.
 * @throws CodedError as `sendAasRequest`
 */
export async function sendAas(
  connection: AasConnection,
  target: string,
  request: AasRequest,
): Promise<number> {
  const answer = await sendAasRequest(connection, target, request);
  try {
    // Read to its end, so that the connection can be used again.
    await answer.body.text(LONGEST_JSON_BYTES);
    return answer.status;
  } catch (cause) {
    throw unreachable(target, cause);
  } finally {
    answer.end();
  }
}

/** Sends a request and reads a JSON answer. @throws CodedError as `sendAasRequest` */
export async function requestAasJson(
  connection: AasConnection,
  target: string,
  request: AasRequest = {},
): Promise<unknown> {
  const answer = await sendAasRequest(connection, target, request);
  try {
    return JSON.parse(await answer.body.text(LONGEST_JSON_BYTES));
  } catch (cause) {
    throw unreachable(target, cause);
  } finally {
    answer.end();
  }
}

/** A failure on the way, in contrast to a refusal. */
export function unreachable(what: string, cause: unknown): CodedError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const message = inner instanceof Error ? inner.message : String(inner);
  return new CodedError('E_AAS_REQUEST', `${what} failed: ${message}`, { cause });
}

async function refusal(status: number, body: AnswerBody, what: string): Promise<CodedError> {
  const code = status === 404 ? 'E_AAS_NOT_FOUND' : 'E_AAS_REQUEST';
  const text = resultText(await body.text(LONGEST_REFUSAL_BYTES).catch(() => ''));
  const details = { status };
  return new CodedError(code, `${what} answered ${status}${text === '' ? '' : `: ${text}`}`, {
    details,
  });
}

/** The texts of a Result body; empty if it is none. */
function resultText(body: string): string {
  try {
    const { messages } = JSON.parse(body) as { messages?: unknown };
    if (!Array.isArray(messages)) return '';
    const texts = (messages as readonly { text?: unknown }[]).map(({ text }) => text);
    return texts
      .filter((text) => typeof text === 'string')
      .join('; ')
      .slice(0, 500);
  } catch {
    // Not every server, and no proxy, answers with a Result.
    return '';
  }
}
