import { setTimeout as sleep } from 'node:timers/promises';
import { openPatientConnection, type QueueConnection } from '../../queue/connection.ts';
import { silentLog } from '../../runtime/log.ts';

/** What this process is told: where Redis is, then each time that a new measurement begins. */
export type ToQueueClient =
  | { readonly kind: 'connect'; readonly queue: QueueConnection }
  | { readonly kind: 'ask' };

/** The longest that a command took since the last time of asking, and this process's own longest pause meanwhile. */
export interface Stalls {
  readonly longestMs: number;
  readonly ownPauseMs: number;
}

/**
 * Another client of the same Redis: it reads and writes a key of its own every few milliseconds and notes how long the
 * answer takes. A pause of this process itself, on a busy machine, is noted apart.
 */
const INTERVAL_MS = 5;

let longestMs = 0;
let ownPauseMs = 0;

process.on('disconnect', () => process.exit());
process.on('message', (message: ToQueueClient) => {
  if (message.kind === 'connect') {
    void knock(message.queue);
    return;
  }
  const stalls: Stalls = { longestMs, ownPauseMs };
  [longestMs, ownPauseMs] = [0, 0];
  process.send?.(stalls);
});

async function knock(queue: QueueConnection): Promise<void> {
  const client = openPatientConnection(queue, silentLog);
  for (;;) {
    const sleptMs = performance.now();
    await sleep(INTERVAL_MS);
    const beganMs = performance.now();
    ownPauseMs = Math.max(ownPauseMs, beganMs - sleptMs - INTERVAL_MS);
    await client.incr('{bench}:other-client');
    longestMs = Math.max(longestMs, performance.now() - beganMs);
  }
}
