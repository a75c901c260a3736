import type { Fault } from '../../runtime/errors.ts';

/** The key of `__metadata__` whose one JSON string is ours; other tools may add keys of their own. */
export const FEDSHELL_KEY = 'fedshell';

/**
 * The object in our metadata string, or undefined with a fault.
 * @param metadata of the header of a safetensors file.
 */
export function parseFedshellMetadata(
  metadata: Readonly<Record<string, string>>,
  faults: Fault[],
): Record<string, unknown> | undefined {
  const text = Object.hasOwn(metadata, FEDSHELL_KEY) ? metadata[FEDSHELL_KEY] : undefined;
  if (text === undefined) {
    faults.push({ path: FEDSHELL_KEY, message: 'the metadata has no such key' });
    return undefined;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // What is no JSON is no object either, and the parser's message would quote it.
  }
  if (!isObject(value)) {
    faults.push({ path: FEDSHELL_KEY, message: 'must be a JSON object' });
    return undefined;
  }
  return value;
}

/** Whether a parsed JSON value is an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a parsed JSON value is an integer of at least `minimum`. */
export function isInteger(value: unknown, minimum: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= minimum;
}
