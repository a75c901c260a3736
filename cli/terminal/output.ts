import { table } from './table.ts';

/** What every command takes: the answer as JSON on stdout instead of text. */
export interface OutputOptions {
  readonly json?: boolean;
}

/** Writes a line to stdout. */
export function printLine(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Writes a value as one JSON object on one line. */
export function printJson(value: unknown): void {
  printLine(JSON.stringify(value));
}

/** Answers with JSON when it was asked for, else with the text that `text` makes. */
export function answer(options: OutputOptions, value: unknown, text: () => string): void {
  if (options.json) printJson(value);
  else printLine(text());
}

/** Answers with a list: a table, or `nothing` where there is none. */
export function answerList<Item>(
  options: OutputOptions,
  items: readonly Item[],
  columns: Readonly<Record<string, (item: Item) => string | number | undefined>>,
  nothing: string,
): void {
  answer(options, items, () => {
    if (items.length === 0) return nothing;
    const rows = items.map((item) => Object.values(columns).map((cell) => String(cell(item) ?? '')));
    return table([Object.keys(columns), ...rows]);
  });
}

/** A fraction as people read it, such as `93.4 %`. */
export function percent(fraction: number | undefined): string {
  return fraction === undefined ? '' : `${(100 * fraction).toFixed(1)} %`;
}
