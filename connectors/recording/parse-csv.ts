/** A record of a CSV text: its fields and the line it begins on, from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/**
 * Parses CSV (RFC 4180; LF or CRLF; comma, semicolon or tab, whichever the first line has most of) as it streams, in
 * batches of the records that each chunk completes. Lines without any character are left out.
 */
export async function* parseCsv(chunks: AsyncIterable<string>): AsyncGenerator<readonly CsvRecord[]> {
  let rest = '';
  let line = 1;
  let delimiter: string | undefined;
  const take = (text: string, last: boolean): CsvRecord[] => {
    const records: CsvRecord[] = [];
    let begin = 0;
    for (;;) {
      const end = endOfRecord(text, begin);
      if (end === -1 && (!last || begin >= text.length)) break;
      const raw = text.slice(begin, end === -1 ? text.length : end);
      const record = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      delimiter ??= delimiterOf(record);
      if (record !== '') records.push({ line, fields: splitRecord(record, delimiter) });
      line += 1 + (record.includes('"') ? record.split('\n').length - 1 : 0);
      if (end === -1) {
        begin = text.length;
        break;
      }
      begin = end + 1;
    }
    rest = text.slice(begin);
    return records;
  };
  let first = true;
  for await (const chunk of chunks) {
    // A byte order mark belongs to the file, not to the name of its first column.
    const text = first && chunk.startsWith('\uFEFF') ? chunk.slice(1) : chunk;
    first = false;
    const records = take(rest + text, false);
    if (records.length > 0) yield records;
  }
  const records = take(rest, true);
  if (records.length > 0) yield records;
}

/** Index of the line feed that ends the record at `begin`, or -1; line feeds inside quotes do not end it. */
function endOfRecord(text: string, begin: number): number {
  let end = text.indexOf('\n', begin);
  let part = begin;
  let quoted = false;
  while (end !== -1) {
    const line = text.slice(part, end);
    if (line.includes('"') && (line.split('"').length - 1) % 2 === 1) quoted = !quoted;
    if (!quoted) return end;
    part = end;
    end = text.indexOf('\n', end + 1);
  }
  return -1;
}

function delimiterOf(record: string): string {
  const count = (delimiter: string) => record.split(delimiter).length;
  return [',', ';', '\t'].reduce((best, next) => (count(next) > count(best) ? next : best));
}

function splitRecord(record: string, delimiter: string): string[] {
  if (!record.includes('"')) return record.split(delimiter);
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let index = 0; index < record.length; index += 1) {
    const character = record.charAt(index);
    if (quoted && character === '"' && record.charAt(index + 1) === '"') {
      field += '"';
      index += 1;
    } else if (character === '"') quoted = !quoted;
    else if (character === delimiter && !quoted) {
      fields.push(field);
      field = '';
    } else field += character;
  }
  fields.push(field);
  return fields;
}
