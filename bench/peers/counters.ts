import { openSync, writeSync } from 'node:fs';
import {
  DataType,
  type Namespace,
  StatusCodes,
  type UAObject,
  type UAVariable,
  VariantArrayType,
} from 'node-opcua';

/** What is later than this was never written. */
const CATCH_UP_MS = 1_000;

/** The nodes of one kind: all get value number k at `epochMs + k · periodMs`. */
export interface CounterKind {
  readonly prefix: 'Wave' | 'S' | 'C';
  readonly count: number;
  readonly periodMs: number;
}

interface CountersOptions {
  readonly namespace: Namespace;
  readonly kinds: readonly CounterKind[];
  readonly epochMs: number;
  /** Samples of a wave. */
  readonly waveLength: number;
  /** One of so many multiples of the period changes a `C`. */
  readonly changeOneIn: number;
  readonly logFile: string;
}

interface Group extends CounterKind {
  readonly variables: readonly UAVariable[];
  readonly first: number;
  last: number;
}

const DATA_TYPES = { Wave: DataType.Float, S: DataType.Double, C: DataType.Int32 } as const;

/** The nodes of a peer in an address space of node-opcua, written and logged as README.md says. */
export class Counters {
  readonly #options: CountersOptions;
  readonly #log: number;
  readonly #groups: readonly Group[];
  readonly #wave: Float32Array;

  constructor(options: CountersOptions) {
    this.#options = options;
    this.#log = openSync(options.logFile, 'a');
    this.#wave = Float32Array.from({ length: options.waveLength }, (_, index) => (index % 8) / 8);
    const line = options.namespace.addObject({
      organizedBy: options.namespace.addressSpace.rootFolder.objects,
      browseName: 'Line',
      nodeId: 's=Line',
    });
    writeSync(this.#log, `# start ${Date.now().toFixed(4)}\n`);
    this.#groups = options.kinds.map((kind) => this.#addGroup(line, kind));
    this.write(Date.now());
  }

  /** Writes what is due. */
  write(nowMs: number): void {
    for (const group of this.#groups) {
      const end = this.#numberAt(nowMs, group) + 1;
      const oldest = this.#numberAt(nowMs - CATCH_UP_MS, group);
      for (let number = Math.max(group.last + 1, oldest); number < end; number += 1) {
        group.last = number;
        this.#writeNumber(group, number);
      }
    }
  }

  #addGroup(line: UAObject, kind: CounterKind): Group {
    const { namespace, waveLength } = this.#options;
    const variables = Array.from({ length: kind.count }, (_, index) =>
      namespace.addVariable({
        componentOf: line,
        browseName: `${kind.prefix}${index}`,
        nodeId: `s=${kind.prefix}${index}`,
        dataType: DATA_TYPES[kind.prefix],
        ...(kind.prefix === 'Wave' ? { valueRank: 1, arrayDimensions: [waveLength] } : {}),
        minimumSamplingInterval: 0,
      }),
    );
    const first = this.#numberAt(Date.now(), kind);
    return { ...kind, variables, first, last: first - 1 };
  }

  #numberAt(timeMs: number, { periodMs }: CounterKind): number {
    return Math.floor((timeMs - this.#options.epochMs) / periodMs);
  }

  #writeNumber(group: Group, number: number): void {
    const { prefix, periodMs, variables } = group;
    if (variables.length === 0) return;
    const atMs = this.#options.epochMs + number * periodMs;
    const line = (nodes: string) => `${nodes} ${number} ${atMs.toFixed(4)}\n`;
    if (prefix !== 'C') {
      writeSync(this.#log, line(prefix === 'Wave' ? 'W' : 'S'));
      for (const variable of variables) this.#show(variable, prefix, number, atMs);
      return;
    }
    const changed = variables.flatMap((variable, index) =>
      number === group.first || this.#changes(number, index) ? [{ variable, index }] : [],
    );
    writeSync(this.#log, changed.map(({ index }) => line(`C${index}`)).join(''));
    for (const { variable } of changed) this.#show(variable, prefix, number, atMs);
  }

  #show(variable: UAVariable, prefix: CounterKind['prefix'], number: number, atMs: number): void {
    const dataType = DATA_TYPES[prefix];
    const time = new Date(atMs);
    if (prefix !== 'Wave') {
      variable.setValueFromSource({ dataType, value: number }, StatusCodes.Good, time);
      return;
    }
    const value = this.#wave.slice();
    value[0] = number % 2 ** 24;
    variable.setValueFromSource(
      { dataType, arrayType: VariantArrayType.Array, value },
      StatusCodes.Good,
      time,
    );
  }

  /** Irregular times, the same in every peer and after every restart. */
  #changes(number: number, index: number): boolean {
    const mixed = (Math.imul(number, 2654435761) + Math.imul(index, 40503)) >>> 0;
    return ((mixed ^ (mixed >>> 15)) >>> 0) % this.#options.changeOneIn === 0;
  }
}
