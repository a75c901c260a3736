/** A row of a manifest that is written: its columns by name. */
export type WrittenRow = Readonly<Record<string, string | number>>;

/** The text of a manifest.csv (RFC 4180, LF). All rows have the columns of the first. */
export function manifestText(rows: readonly WrittenRow[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) => columns.map((column) => quoted(String(row[column] ?? ''))).join(','));
  return `${[columns.map(quoted).join(','), ...lines].join('\n')}\n`;
}

function quoted(field: string): string {
  return /[",;\t\r\n]/.test(field) || field.trim() !== field ? `"${field.replaceAll('"', '""')}"` : field;
}
