import { request } from 'node:http';

/** An answer of the API, its body parsed where it is JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // A test reads whatever the API answers; its assertions say what that must be.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly body: any;
}

interface Options {
  readonly key?: string | undefined;
  readonly headers?: Record<string, string>;
  readonly bytes?: Uint8Array;
}

/** Calls the API. */
export async function call(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  { key, headers = {}, bytes }: Options = {},
): Promise<Answer> {
  const type = bytes === undefined ? 'application/json' : 'application/octet-stream';
  const payload = bytes ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(payload === undefined ? {} : { 'Content-Type': type }),
      ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
      ...headers,
    },
    ...(payload === undefined ? {} : { body: payload }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** Sends a GET with headers that `fetch` would not let us choose. */
export function rawGet(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}
