import { Agent, type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as AgentHttps, request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** What came back. */
export interface FileAnswer {
  readonly status: number;
  readonly text: string;
  /** What a 503 says of when to come again. */
  readonly retryAfterMs?: number;
}

/** Silence on a connection after which a request is given up, in milliseconds. */
const SILENCE_MS = 60_000;
/** How long a sender waits for the permission to send a large body, in milliseconds. */
const PERMISSION_MS = 2_000;

/**
 * Sends files by Node's own client, over connections that stay open. Every participant sends one in every round, and
 * `fetch` takes several times as long for a body that is already there.
 */
export class FileSender {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #agentHttps = new AgentHttps({ keepAlive: true });

  /** @throws what the connection fails with; the signal's AbortError. */
  put(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array | Readable,
    signal: AbortSignal,
  ): Promise<FileAnswer> {
    // A large body is offered first, so that a refusal costs no megabytes.
    const asked = body instanceof Uint8Array ? headers : { ...headers, expect: '100-continue' };
    const options = { method: 'PUT', headers: asked, signal };
    return new Promise((resolve, reject) => {
      const onResponse = (response: IncomingMessage) => {
        text(response)
          .then((content) => resolve(answerOf(response, content)), reject)
          .finally(() => {
            // An early answer, such as a refusal: nobody reads the rest, and the connection would stay open for it.
            if (!request.writableFinished) request.destroy();
          });
      };
      const request: ClientRequest = url.startsWith('https:')
        ? requestHttps(url, { ...options, agent: this.#agentHttps }, onResponse)
        : requestHttp(url, { ...options, agent: this.#agent }, onResponse);
      // After an answer an error changes nothing any more.
      request.on('error', reject);
      request.setTimeout(SILENCE_MS, () => request.destroy(new Error(`no answer in ${SILENCE_MS} ms`)));
      if (body instanceof Uint8Array) {
        request.end(body);
        return;
      }
      body.on('error', (error) => request.destroy(error));
      // A server that knows nothing of the question must not hold the body back for good (RFC 9110, 10.1.1).
      const begin = (): void => {
        clearTimeout(timer);
        request.off('continue', begin);
        body.pipe(request);
      };
      const timer = setTimeout(begin, PERMISSION_MS);
      request.once('continue', begin);
      request.once('response', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
      request.flushHeaders();
    });
  }
}

function answerOf({ statusCode = 0, headers }: IncomingMessage, content: string): FileAnswer {
  const seconds = Number(headers['retry-after']);
  const told = Number.isFinite(seconds) && seconds > 0;
  return { status: statusCode, text: content, ...(told && { retryAfterMs: seconds * 1000 }) };
}
