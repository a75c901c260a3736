import type { Event } from '../../openapi/schemas.ts';
import { CodedError, toCodedError } from '../../runtime/errors.ts';
import { problemOf, unreachable } from './aggregator-client.ts';
import { readApiToken } from './api-token.ts';

interface EventStreamOptions {
  readonly aggregator: string;
  readonly apiTokenFile?: string;
  readonly signal: AbortSignal;
  /** Told when the stream broke and is opened again. */
  readonly interrupted?: (error: CodedError) => void;
}

const RECONNECT_MS = 500;

/**
 * The aggregator's events, from the present state of every run and participant on. It goes on over restarts of the
 * aggregator until `signal` is aborted.
 * @throws CodedError for what cannot come right by itself, such as a refused token.
 */
export async function* eventStream(options: EventStreamOptions): AsyncGenerator<Event> {
  while (!options.signal.aborted) {
    try {
      yield* oneConnection(options);
    } catch (thrown) {
      if (options.signal.aborted) return;
      const error = thrown instanceof CodedError ? thrown : unreachable(options.aggregator, thrown);
      if (!error.retryable) throw error;
      options.interrupted?.(toCodedError(error));
    }
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
  }
}

async function* oneConnection(options: EventStreamOptions): AsyncGenerator<Event> {
  const token = readApiToken(options.apiTokenFile);
  const response = await fetch(`${options.aggregator.replace(/\/$/, '')}/api/events`, {
    signal: options.signal,
    headers: {
      accept: 'text/event-stream',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
  });
  if (!response.ok || response.body === null) {
    throw problemOf(await response.json().catch(() => undefined), response);
  }
  const decoder = new TextDecoder();
  let pending = '';
  for await (const chunk of response.body) {
    pending += decoder.decode(chunk, { stream: true });
    const messages = pending.split(/\r?\n\r?\n/);
    pending = messages.pop() ?? '';
    for (const message of messages) {
      const data = message
        .split(/\r?\n/)
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5).trimStart())
        .join('\n');
      // The stream is the aggregator's own; the description of streamEvents gives the type.
      if (data !== '') yield JSON.parse(data) as Event;
    }
  }
}
