import { CodedError, type Fault } from '../../runtime/errors.ts';
import type { WrittenLine } from './line-file-text.ts';

/**
 * A line whose nodes name the URI of their namespace instead of the index that it has at present.
 * @param namespaces of the machine, in the order of their indices.
 * @throws CodedError `E_LINE_MISMATCH` with every index that the machine does not have
 */
export function withNamespaceUris(line: WrittenLine, namespaces: readonly string[]): WrittenLine {
  const faults: Fault[] = [];
  const signals: Record<string, object> = Object.create(null);
  for (const [name, signal] of Object.entries(line.signals)) {
    const node = 'node' in signal ? String(signal.node) : '';
    const [, index, identifier] = /^ns=([1-9]\d*);(.*)$/s.exec(node) ?? [];
    const uri = namespaces[Number(index)];
    if (index !== undefined && uri === undefined) {
      faults.push({ path: `/signals/${name}/node`, message: `the machine has no namespace ${index}` });
    }
    signals[name] = uri === undefined ? signal : { ...signal, node: `nsu=${uri};${identifier}` };
  }
  if (faults.length > 0) {
    throw new CodedError('E_LINE_MISMATCH', 'the description does not fit the machine', { faults });
  }
  return { ...line, signals };
}
