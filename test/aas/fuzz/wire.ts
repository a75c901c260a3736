import { request } from 'node:http';

/** A request as it goes over the wire, however wrong it is. */
export interface WireRequest {
  readonly method: string;
  /** Path and query, sent as it stands. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export interface WireAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

/** Sends what a client library would mend or refuse to send. */
export function send(base: string, { method, path, headers, body }: WireRequest): Promise<WireAnswer> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    // A connection of its own: on one that is kept, the end of the last answer could cut off the next request.
    const length = body === undefined ? {} : { 'content-length': body.length };
    const options = { hostname, port, method, path, headers: { ...headers, ...length }, agent: false };
    const sent = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          contentType: response.headers['content-type'] ?? '',
          body: Buffer.concat(chunks),
        });
      });
    });
    let answered = false;
    sent.on('response', () => {
      answered = true;
    });
    sent.on('error', (error) => {
      // A server that refuses a body early may close before all of it was sent.
      if (!answered) reject(error);
    });
    sent.end(body);
  });
}
