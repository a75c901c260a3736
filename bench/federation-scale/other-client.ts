import { fork } from 'node:child_process';
import type { QueueConnection } from '../../queue/connection.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import type { Stalls, ToQueueClient } from './queue-client-process.ts';

/** Another client of the queue's Redis, in a process of its own. */
export interface OtherClient {
  /** What it noted since it was asked last. */
  stalls(): Promise<Stalls>;
  end(): void;
}

export function startOtherClient(queue: QueueConnection): OtherClient {
  const child = fork(entryPoint('bench/federation-scale/queue-client-process'));
  const tell = (message: ToQueueClient) => child.send(message);
  tell({ kind: 'connect', queue });
  return {
    stalls: () =>
      new Promise((resolve) => {
        child.once('message', (stalls: Stalls) => resolve(stalls));
        tell({ kind: 'ask' });
      }),
    end: () => child.kill('SIGKILL'),
  };
}
