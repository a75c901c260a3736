import { type NodeId, promoteOpaqueStructure } from 'node-opcua-client';
import { toCodedError } from '../../runtime/errors.ts';
import type { Sample } from '../connector.ts';
import { readable } from './first-look.ts';
import type { CallContext } from './link-calls.ts';
import type { TargetSignal } from './monitored-target.ts';
import { partsOf } from './operation-limits.ts';
import { steadyNowMs } from './server-status.ts';

/** A signal that is read. */
export interface PolledSignal {
  readonly nodeId: NodeId;
  readonly indexRange?: string;
  readonly signal: TargetSignal;
}

/**
 * Reads signals at an interval. What a value was between two readings nobody knows; only readings that failed or that
 * could not be made open a gap.
 */
export class Poller {
  readonly #context: CallContext;
  readonly #signals: readonly PolledSignal[];
  readonly #timer: NodeJS.Timeout;
  #reading = false;
  #closed = false;

  /** @param intervalMs between readings. */
  constructor(context: CallContext, signals: readonly PolledSignal[], intervalMs: number) {
    this.#context = context;
    this.#signals = signals;
    this.#timer = setInterval(() => this.#poll(), intervalMs);
    this.#poll();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }

  #poll(): void {
    if (this.#reading) return;
    if (!this.#context.isTaking()) {
      this.#missed('store-full');
      return;
    }
    this.#reading = true;
    void this.#read()
      .catch((thrown: unknown) => {
        if (this.#closed) return;
        this.#context.log.debug({ event: 'opcua.poll.failed' }, toCodedError(thrown).message);
        this.#missed('connection-lost');
      })
      .finally(() => {
        this.#reading = false;
      });
  }

  async #read(): Promise<void> {
    const { session, calls, limits, reader, deliver } = this.#context;
    for (const part of partsOf(this.#signals, limits.nodesPerRead)) {
      const values = await calls.run(() => session.read(part.map(readable)));
      if (this.#closed) return;
      await promoteOpaqueStructure(session, values);
      const arrivedAtMs = steadyNowMs();
      const samples: Sample[] = [];
      values.forEach((value, index) => {
        const signal = part[index]?.signal;
        if (signal !== undefined) reader.take(signal, value, arrivedAtMs, samples);
      });
      deliver(samples);
    }
  }

  #missed(cause: 'store-full' | 'connection-lost'): void {
    for (const { signal } of this.#signals) this.#context.ledger.lostOf(signal.track, cause);
  }
}
