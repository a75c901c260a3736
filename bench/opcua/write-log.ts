import { readPeerLog } from '../peers/read-peer-log.ts';

/** What a server wrote to one node: timestamps ascending, in milliseconds since 1970, and the counter of each. */
export interface WrittenValues {
  readonly timesMs: Float64Array;
  readonly numbers: Float64Array;
}

/** A wave shows its counter as a Float. */
const WAVE_COUNTERS = 2 ** 24;

const NOTHING: WrittenValues = { timesMs: new Float64Array(), numbers: new Float64Array() };

/**
 * Reads what a peer wrote, by its log.
 * @returns the values of a node by its name; nodes that always got the same ones share them.
 */
export async function readWriteLog(file: string): Promise<(node: string) => WrittenValues> {
  const numbers = new Map<string, Map<number, number>>();
  for await (const { nodes, number, sourceTimestampMs } of readPeerLog(file)) {
    const ofNodes = numbers.get(nodes) ?? new Map<number, number>();
    ofNodes.set(sourceTimestampMs, nodes === 'W' ? number % WAVE_COUNTERS : number);
    numbers.set(nodes, ofNodes);
  }
  const values = new Map([...numbers].map(([nodes, byTime]) => [nodes, ascending(byTime)]));
  return (node) => values.get(node.startsWith('C') ? node : node.slice(0, 1)) ?? NOTHING;
}

function ascending(byTime: ReadonlyMap<number, number>): WrittenValues {
  const timesMs = Float64Array.from(byTime.keys()).sort();
  return { timesMs, numbers: timesMs.map((time) => byTime.get(time) ?? 0) };
}
