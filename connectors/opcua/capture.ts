import { DataType, type NodeId, type VariantOptions } from 'node-opcua-client';
import { toCodedError } from '../../runtime/errors.ts';
import type { Sample } from '../connector.ts';
import type { CallContext } from './link-calls.ts';
import type { TargetSignal } from './monitored-target.ts';
import { sampleValue } from './sample-value.ts';
import { steadyNowMs } from './server-status.ts';
import type { Captured } from './signal-plan.ts';
import { signalOf } from './targets.ts';

/** Triggers that may wait while the method runs. */
const MOST_WAITING = 16;

/** Calls a method that records and returns a block: at an interval, or whenever another signal has a new value. */
export class Capture {
  readonly #context: CallContext;
  readonly #plan: Captured;
  readonly #nodes: { readonly objectId: NodeId; readonly methodId: NodeId };
  readonly #signal: TargetSignal;
  readonly #timer: NodeJS.Timeout | undefined;
  #inputs: VariantOptions[] | undefined;
  #waiting: number[] = [];
  #calling = false;
  #closed = false;

  constructor(context: CallContext, plan: Captured, nodes: { objectId: NodeId; methodId: NodeId }) {
    this.#context = context;
    this.#plan = plan;
    this.#nodes = nodes;
    this.#signal = signalOf(plan, context.ledger);
    const { intervalMs, capture } = plan;
    if (capture.trigger === undefined && intervalMs !== undefined) {
      // A method that takes longer than the interval is called when it has returned.
      this.#timer = setInterval(() => {
        if (!this.#calling) this.trigger(context.serverNowMs());
      }, intervalMs);
    }
  }

  /** @param sourceTimestampMs time that the block gets: the trigger's, so that the two belong together. */
  trigger(sourceTimestampMs: number): void {
    if (this.#waiting.length === MOST_WAITING || !this.#context.isTaking()) {
      this.#context.ledger.lostOf(this.#signal.track, 'sampling');
      return;
    }
    this.#waiting.push(sourceTimestampMs);
    if (this.#calling) return;
    this.#calling = true;
    void this.#callAll().finally(() => {
      this.#calling = false;
    });
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }

  async #callAll(): Promise<void> {
    for (let atMs = this.#waiting.shift(); atMs !== undefined; atMs = this.#waiting.shift()) {
      try {
        await this.#call(atMs);
      } catch (thrown) {
        if (this.#closed) return;
        const { signal } = this.#plan;
        this.#context.log.warn({ event: 'opcua.capture.failed', signal }, toCodedError(thrown).message);
        this.#context.ledger.lostOf(this.#signal.track, 'connection-lost');
      }
    }
  }

  async #call(sourceTimestampMs: number): Promise<void> {
    const { session, calls, ledger, deliver } = this.#context;
    const { capture } = this.#plan;
    this.#inputs ??= await this.#readInputs();
    const inputArguments = this.#inputs;
    const result = await calls.run(() => session.call({ ...this.#nodes, inputArguments }));
    if (this.#closed) return;
    const output = result.outputArguments?.[capture.output];
    const { track, conversion } = this.#signal;
    const value = output === undefined ? undefined : sampleValue(output, conversion);
    const isGood = result.statusCode.isGood() && value !== undefined;
    const samples: Sample[] = [];
    const arrival = {
      value: isGood ? value : undefined,
      sourceTimestampMs,
      quality: isGood ? ('good' as const) : ('bad' as const),
      overflowed: false,
    };
    ledger.next(track, arrival, steadyNowMs(), samples);
    deliver(samples);
  }

  /** Arguments in the types that the method declares. */
  async #readInputs(): Promise<VariantOptions[]> {
    const { session, calls } = this.#context;
    const { capture } = this.#plan;
    if (capture.arguments === undefined || capture.arguments.length === 0) return [];
    const { inputArguments } = await calls.run(() => session.getArgumentDefinition(this.#nodes.methodId));
    return capture.arguments.map((value, index) => ({
      dataType: builtInType(inputArguments[index]?.dataType) ?? typeOf(value),
      value,
    }));
  }
}

function builtInType(dataType: NodeId | undefined): DataType | undefined {
  if (dataType === undefined || dataType.namespace !== 0 || typeof dataType.value !== 'number')
    return undefined;
  return dataType.value >= DataType.Boolean && dataType.value <= DataType.String ? dataType.value : undefined;
}

function typeOf(value: number | string | boolean): DataType {
  if (typeof value === 'boolean') return DataType.Boolean;
  return typeof value === 'string' ? DataType.String : DataType.Double;
}
