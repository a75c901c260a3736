/** Runs calls to a server one after the other: small ones answer few at once. */
export class OneCall {
  #last: Promise<unknown> = Promise.resolve();

  /** The result of `call`, which begins when those before it have ended. */
  run<Value>(call: () => Promise<Value>): Promise<Value> {
    const result = this.#last.then(call);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
