/**
 * The body of an answer, part by part. The one place that reads it holds its reader: an aborted signal alone does not
 * end a body whose response the engine has collected.
 */
export class AnswerBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #failure: Error | undefined;

  constructor(response: Response) {
    // fetch's body has parts of bytes.
    this.#reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader();
  }

  /** Ends the body; whoever reads it gets the error. */
  fail(error: Error): void {
    this.#failure ??= error;
    // It ends the connection; there is nothing to be told of that.
    this.#reader?.cancel(error).catch(() => undefined);
  }

  /** @throws the error of `fail`, or what ended the connection */
  async *parts(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = await this.#reader?.read();
      if (this.#failure !== undefined) throw this.#failure;
      if (next === undefined || next.done) return;
      yield next.value;
    }
  }

  /** All of it as text. @throws RangeError beyond `limitBytes` */
  async text(limitBytes: number): Promise<string> {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of this.parts()) {
      bytes += part.byteLength;
      if (bytes > limitBytes) {
        const error = new RangeError(`the answer is longer than ${limitBytes} bytes`);
        this.fail(error);
        throw error;
      }
      parts.push(part);
    }
    return Buffer.concat(parts).toString('utf8');
  }
}
