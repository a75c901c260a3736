import { resolve } from 'node:path';
import type { LineDescription, LineSpec } from '../../simulator/line.ts';

/** The line that a command line asks for. */
export interface Line extends LineDescription {
  readonly spec: LineSpec;
  /** What it is, for people. */
  readonly text: string;
}

interface LineOptions {
  /** 3 generated ones by default, or every group of the recordings. */
  readonly machines?: number;
  /** Seed of the generated vibration. */
  readonly seed: number;
  /** Folder of recordings with a manifest.csv. */
  readonly data?: string;
  readonly group?: string;
}

/** Machines of a generated line that was not told how many. */
const DEFAULT_MACHINES = 3;

/**
 * What a line will be, before it is started.
 * @throws CodedError `E_NO_MANIFEST`, `E_INVALID_MANIFEST`, `E_INVALID_RECORDING`
 */
export async function lineOf({ machines, seed, data, group }: LineOptions): Promise<Line> {
  const spec: LineSpec =
    data === undefined
      ? { machines: machines ?? DEFAULT_MACHINES, seed }
      : {
          data: resolve(data),
          ...(group === undefined ? {} : { group }),
          ...(machines === undefined ? {} : { limit: machines }),
        };
  const { describeLine } = await import('../../simulator/line.ts');
  const description = await describeLine(spec);
  const count = description.machines.length;
  const text =
    data === undefined
      ? `${count} machines with generated vibration`
      : `${count} machines that play the recordings of ${data}`;
  return { ...description, spec, text };
}
