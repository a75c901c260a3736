import { CodedError } from '../../runtime/errors.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Tells when this process is to end: Ctrl-C, SIGTERM, the terminal's or the parent's end. */
export class Interruption {
  readonly #controller = new AbortController();
  /** Resolves with the reason when it happens. */
  readonly happened: Promise<string>;

  constructor() {
    this.happened = new Promise((resolve) => {
      const end = (reason: string) => {
        this.#controller.abort(new CodedError('E_ABORTED', `ended by ${reason}`));
        resolve(reason);
      };
      // They stay in place: a second Ctrl-C must not kill this process while its children end in order.
      for (const signal of SIGNALS) process.on(signal, () => end(signal));
      if (process.connected) process.once('disconnect', () => end("the parent's end"));
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The value of `work`. @throws CodedError `E_ABORTED` as soon as the process is to end. */
  async during<Value>(work: Promise<Value>): Promise<Value> {
    const ended = this.happened.then((reason): never => {
      throw new CodedError('E_ABORTED', `ended by ${reason}`);
    });
    return Promise.race([work, ended]);
  }
}
