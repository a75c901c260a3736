import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Schemas } from '../../openapi/schemas.ts';

interface WatchReadinessOptions {
  /** The address that the API is bound to. */
  readonly api: string;
  readonly report: (text: string) => void;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  readonly intervalMs?: number;
}

const ANSWER_TIMEOUT_MS = 5000;
const READY = '';

/** Reports what keeps an aggregator from running rounds, such as a Redis that does not answer, and when that is over. */
export async function watchReadiness(options: WatchReadinessOptions): Promise<void> {
  const { api, report, signal, intervalMs = 1000 } = options;
  let told = READY;
  while (!signal.aborted) {
    await delay(intervalMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const health = await readinessOf(api);
    // The supervisor tells when the aggregator itself is away.
    if (health === undefined || signal.aborted) continue;
    const reasons = health.reasons.join('; ');
    if (reasons === told) continue;
    told = reasons;
    report(
      reasons === READY
        ? 'ready: rounds can run'
        : `not ready: ${reasons}; it is tried again until it answers`,
    );
  }
}

/** The answer of `/readyz`; undefined where there is none. */
function readinessOf(api: string): Promise<Schemas['Health'] | undefined> {
  const { hostname, port } = new URL(api);
  // The aggregator refuses names that are neither a loopback one nor its external URL's.
  const headers = { host: `127.0.0.1:${port}` };
  const bound = hostname.replace(/^\[(.*)\]$/, '$1');
  const address = bound === '0.0.0.0' || bound === '::' ? '127.0.0.1' : bound;
  return new Promise((resolve) => {
    const options = { host: address, port, path: '/readyz', headers, timeout: ANSWER_TIMEOUT_MS };
    const request = get(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('error', () => resolve(undefined));
      response.once('end', () => resolve(healthOf(text)));
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(undefined));
    request.once('close', () => resolve(undefined));
  });
}

function healthOf(text: string): Schemas['Health'] | undefined {
  try {
    // It is our own aggregator that answers, as its description says.
    return JSON.parse(text) as Schemas['Health'];
  } catch {
    // An answer that was cut off is none.
    return undefined;
  }
}
