import { closeSync, createReadStream, openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Quality } from '../connectors/connector.ts';

/** A value that the simulator wrote to a variable. */
export interface Truth {
  /** Identifier of the variable, such as `machine-1.Vibration`. */
  readonly variable: string;
  /** Counts the values of the variable by the clock: number k belongs to one moment, whenever the server started. */
  readonly number: number;
  readonly sourceTimestampMs: number;
  readonly quality: Quality;
  /** How far the clock that stamped it was ahead, in milliseconds; negative where it was behind. */
  readonly clockOffsetMs: number;
}

/**
 * Keeps what was written to variables, one line a value, so that losses can be judged by it. Lines are noted before the
 * values are shown and reach the operating system with `flush`: a killed server may have noted what it never showed,
 * not the reverse.
 */
export class TruthLog {
  readonly #file: number;
  #lines: string[] = [];

  /** @param path appended to */
  constructor(path: string) {
    this.#file = openSync(path, 'a', 0o600);
  }

  note(truth: Truth): void {
    const { variable, number, sourceTimestampMs, quality, clockOffsetMs } = truth;
    this.#lines.push(`${variable} ${number} ${sourceTimestampMs} ${quality} ${clockOffsetMs}\n`);
  }

  flush(): void {
    if (this.#lines.length === 0) return;
    const text = Buffer.from(this.#lines.join(''));
    this.#lines = [];
    for (let begin = 0; begin < text.length; ) begin += writeSync(this.#file, text, begin);
  }

  close(): void {
    this.flush();
    closeSync(this.#file);
  }
}

/** Reads a truth log in order; a line that a kill cut short is left out. */
export async function* readTruthLog(path: string): AsyncGenerator<Truth> {
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const [, variable, number, atMs, quality, offsetMs] =
      /^(\S+) (\d+) (-?\d+) (good|uncertain|bad) (-?\d+)$/.exec(line) ?? [];
    if (variable === undefined) continue;
    // The expression names the three.
    yield {
      variable,
      number: Number(number),
      sourceTimestampMs: Number(atMs),
      quality: quality as Quality,
      clockOffsetMs: Number(offsetMs),
    };
  }
}
