import { Document, isMap, isScalar, type Pair } from 'yaml';
import type { OpcuaSource } from '../../openapi/schemas.ts';
import { printable } from '../terminal/printable.ts';

/** A line file to be written: only what it says itself, no defaults. */
export interface WrittenLine {
  readonly endpoint: string;
  readonly securityMode: OpcuaSource['securityMode'];
  readonly trust: OpcuaSource['trust'];
  readonly user?: OpcuaSource['user'];
  readonly signals: Readonly<Record<string, object>>;
}

interface LineFileTextOptions {
  /** Comment at the top, a line each. */
  readonly about: readonly string[];
  readonly line: WrittenLine;
  /** A remark before a signal, by its name. */
  readonly remarks: ReadonlyMap<string, string>;
}

const LONGEST_LINE = 110;

/** The YAML text of a line file, with remarks for whoever edits it. */
export function lineFileText({ about, line, remarks }: LineFileTextOptions): string {
  const document = new Document(line);
  document.commentBefore = about.map((text) => ` ${printable(text)}`).join('\n');
  const signals = document.get('signals');
  if (isMap(signals)) {
    for (const pair of signals.items as Pair[]) {
      const key = pair.key;
      const remark = isScalar(key) ? remarks.get(String(key.value)) : undefined;
      if (isScalar(key) && remark !== undefined) key.commentBefore = ` ${printable(remark)}`;
      if (!isMap(pair.value)) continue;
      // A block is read more easily in a line of its own.
      for (const inner of pair.value.items as Pair[]) {
        if (isMap(inner.value)) inner.value.flow = true;
      }
    }
  }
  return document.toString({ lineWidth: LONGEST_LINE });
}
