import { type ChildProcess, fork } from 'node:child_process';
import type { TensorSpec } from '../../learning/weights/tensor.ts';
import type { QueueConnection } from '../../queue/connection.ts';
import { CodedError } from '../../runtime/errors.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import type { SenderMessage, SendingPool } from './sending-pool.ts';

interface Senders {
  readonly api: string;
  readonly queue: QueueConnection;
  readonly token: string;
  readonly federation: string;
  readonly participants: number;
  /** Over how many processes they are spread, each a pool. */
  readonly processes: number;
  /** Jobs of each at the same time. */
  readonly concurrency: number;
  readonly tensors: readonly TensorSpec[];
}

/** Starts processes that act as trainers. @returns, once all have joined, what ends them. */
export async function startSenders(senders: Senders): Promise<() => Promise<void>> {
  const { participants, processes, ...others } = senders;
  const ids = Array.from({ length: participants }, (_, index) => `p${String(index).padStart(4, '0')}`);
  const count = Math.min(processes, participants);
  const children = Array.from({ length: count }, () => fork(entryPoint('bench/senders/sending-process')));
  const end = async (): Promise<void> => {
    await Promise.all(children.map(ended));
  };
  try {
    await Promise.all(
      children.map((child, index) => {
        const own = ids.filter((_, each) => each % count === index);
        return joined(child, { ...others, pool: `senders-${index}`, participants: own });
      }),
    );
  } catch (thrown) {
    await end();
    throw thrown;
  }
  return end;
}

function joined(child: ChildProcess, pool: SendingPool): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (message: string) => reject(new CodedError('E_PROCESS_FAILED', message));
    child.once('message', (message: SenderMessage) => {
      if (message.kind === 'joined') resolve();
      else fail(message.message);
    });
    child.once('exit', () => fail('a sender ended before it joined'));
    child.send(pool);
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  // Nothing of a sender has to be kept.
  child.kill('SIGKILL');
  await exit;
}
