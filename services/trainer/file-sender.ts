import { Agent, type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as AgentHttps, request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** What came back. */
export interface FileAnswer {
  readonly status: number;
  readonly text: string;
}

/** Silence on a connection after which a request is given up, in milliseconds. */
const SILENCE_MS = 60_000;

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
    const options = { method: 'PUT', headers, signal };
    return new Promise((resolve, reject) => {
      const onResponse = (response: IncomingMessage) => {
        text(response)
          .then((content) => resolve({ status: response.statusCode ?? 0, text: content }), reject)
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
      body.pipe(request);
    });
  }
}
