import { printable } from './printable.ts';

/**
 * Lays rows out in columns for a terminal.
 * @param texts rows; the first one is the head; cells that look like numbers are set to the right.
 */
export function table(texts: readonly (readonly string[])[]): string {
  const rows = texts.map((row) => row.map(printable));
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  const right = widths.map(
    (_width, column) =>
      rows.slice(1).some((row) => row[column] !== '') &&
      rows.slice(1).every((row) => /^[\d.]*(?: %)?$/.test(row[column] ?? '')),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return right[column] ? cell.padStart(width) : cell.padEnd(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
