import { authorization, type Schemas } from './api.ts';

/** Whether live values arrive. */
export type StreamState = 'connecting' | 'live' | 'unauthorized';

interface StreamOptions {
  readonly onEvent: (event: Schemas['Event']) => void;
  readonly onState: (state: StreamState) => void;
  readonly signal: AbortSignal;
}

const RETRY_MS = 1000;

/**
 * Follows the aggregator's events until aborted, through restarts of the aggregator: each connection begins with the
 * state of everything. It reads by fetch because an EventSource cannot send an API token.
 */
export async function followEvents(options: StreamOptions): Promise<void> {
  while (!options.signal.aborted) {
    try {
      const response = await fetch('/api/events', { headers: authorization(), signal: options.signal });
      if (response.status === 401) {
        options.onState('unauthorized');
        return;
      }
      if (response.ok && response.body !== null) {
        options.onState('live');
        for await (const data of eventData(response.body)) {
          options.onEvent(JSON.parse(data) as Schemas['Event']);
        }
      }
    } catch (thrown) {
      if (options.signal.aborted) return;
      // The aggregator restarts or the network is away: the state says so and the next try follows.
      if (!(thrown instanceof TypeError) && !(thrown instanceof DOMException)) throw thrown;
    }
    options.onState('connecting');
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** The `data` of each message of a text/event-stream body. */
async function* eventData(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  let pending = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    pending += value;
    const messages = pending.split(/\r?\n\r?\n/);
    pending = messages.pop() ?? '';
    for (const message of messages) {
      const data = message
        .split(/\r?\n/)
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5).trimStart());
      if (data.length > 0) yield data.join('\n');
    }
  }
}
