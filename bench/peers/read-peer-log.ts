import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** A value that a peer wrote: to all nodes of a kind, or to one that changes irregularly. */
export interface WrittenValue {
  /** `W` for all waves, `S` for all scalars, `C0` and on for a single node. */
  readonly nodes: string;
  readonly number: number;
  readonly sourceTimestampMs: number;
}

/** Reads a peer's log of what it wrote, in order; a line that a kill cut short is left out. */
export async function* readPeerLog(file: string): AsyncGenerator<WrittenValue> {
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const [, nodes, number, atMs] = /^(W|S|C\d+) (\d+) (-?\d+\.\d{4})$/.exec(line) ?? [];
    if (nodes === undefined) continue;
    yield { nodes, number: Number(number), sourceTimestampMs: Number(atMs) };
  }
}
