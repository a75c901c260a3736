import { cpus } from 'node:os';

/** A measured figure with the settings it was measured under. */
export interface Figure {
  /** Name of the bench, or `BENCH/part`. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly [setting: string]: string | number | boolean | readonly number[];
}

/** Prints a figure as one JSON line on stdout; nothing else of a bench goes there. */
export function printFigure(figure: Figure): void {
  const machine = { cores: cpus().length, node: process.versions.node };
  process.stdout.write(`${JSON.stringify({ ...figure, value: rounded(figure.value), ...machine })}\n`);
}

/** Tells what a bench is doing, on stderr. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Four significant digits: more would be noise. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/** The middle value; of an even number of values the mean of the middle two. @throws RangeError for no values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new RangeError('the median of no values');
  return (lower + upper) / 2;
}

/** The arithmetic mean. @throws RangeError for no values. */
export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the mean of no values');
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
