import type { TensorSpec } from '../../learning/weights/tensor.ts';
import type { QueueConnection } from '../../queue/connection.ts';

/** A pool of participants that send generated updates; what its process is told as its first message. */
export interface SendingPool {
  /** Base URL of the aggregator. */
  readonly api: string;
  readonly queue: QueueConnection;
  readonly token: string;
  readonly federation: string;
  readonly pool: string;
  readonly participants: readonly string[];
  /** Jobs at the same time. */
  readonly concurrency: number;
  readonly tensors: readonly TensorSpec[];
}

/** What a process answers. */
export type SenderMessage =
  | { readonly kind: 'joined' }
  | { readonly kind: 'failed'; readonly message: string };
