import type { Sample } from '../../connectors/connector.ts';

/** A block of numbers in short. */
export interface BlockSummary {
  readonly length: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly mean: number;
}

/** The value of a sample as it can be shown: blocks in short, whole numbers of 64 bits as text. */
export function summaryOf(value: Sample['value']): BlockSummary | number | string | boolean {
  if (typeof value === 'bigint') return value.toString();
  if (!ArrayBuffer.isView(value)) return value;
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (const element of value) {
    const number = Number(element);
    minimum = Math.min(minimum, number);
    maximum = Math.max(maximum, number);
    sum += number;
  }
  return { length: value.length, minimum, maximum, mean: sum / value.length };
}

/** The same for people. */
export function summaryText(value: Sample['value']): string {
  const summary = summaryOf(value);
  if (typeof summary !== 'object') return typeof summary === 'number' ? short(summary) : String(summary);
  const { length, minimum, maximum, mean } = summary;
  return length === 0 ? '[0]' : `[${length}] ${short(minimum)} … ${short(maximum)}, mean ${short(mean)}`;
}

function short(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
}
