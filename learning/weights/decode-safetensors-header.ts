import type { Fault } from '../../runtime/errors.ts';
import { duplicateKeys } from './duplicate-keys.ts';
import { isObject } from './fedshell-metadata.ts';
import {
  DTYPE,
  DTYPE_BYTES,
  type Dtype,
  LENGTH_BYTES,
  MAXIMUM_HEADER_BYTES,
  METADATA_KEY,
  malformed,
  type SafetensorsHeader,
  type TensorEntry,
} from './safetensors-header.ts';
import { elementCount } from './tensor.ts';

/**
 * Bytes of the JSON header, from the first 8 bytes of a file.
 * @param maximumBytes longest header that is accepted; 100 MB by default.
 * @throws CodedError `E_MALFORMED_SAFETENSORS` if the header could not be one or is longer than allowed.
 */
export function decodeHeaderLength(bytes: Uint8Array, maximumBytes = MAXIMUM_HEADER_BYTES): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES);
  const length = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
  if (length > maximumBytes) {
    throw malformed([
      { path: '', message: `the header claims ${length} bytes, ${maximumBytes} are allowed` },
    ]);
  }
  if (length < 2) throw malformed([{ path: '', message: `a header of ${length} bytes cannot be an object` }]);
  return length;
}

/**
 * Reads and checks the JSON header: known types of elements, and tensors that fill the data without gap or overlap.
 * @param json the header's bytes, without the length field.
 * @param dtypes that are allowed; 32-bit floats only by default.
 * @throws CodedError `E_MALFORMED_SAFETENSORS` with every fault.
 */
export function decodeSafetensorsHeader(
  json: Uint8Array,
  dtypes: readonly Dtype[] = [DTYPE],
): SafetensorsHeader {
  const text = decodeText(json);
  const object = parseObject(text);
  const faults: Fault[] = duplicateKeys(text).map((key) => faultOf(key, 'the name stands twice'));
  const metadata = decodeMetadata(object, faults);
  const tensors = Object.entries(object)
    .filter(([name]) => name !== METADATA_KEY)
    .map(([name, entry]) => decodeEntry(name, entry, dtypes, faults))
    .filter((entry) => entry !== undefined)
    .sort((one, other) => one.begin - other.begin || one.end - other.end);
  let dataBytes = 0;
  for (const { name, begin, end } of tensors) {
    if (begin < dataBytes) {
      faults.push(faultOf(name, `bytes ${begin} to ${end} overlap those of another tensor`));
    } else if (begin > dataBytes) {
      faults.push(faultOf(name, `bytes ${dataBytes} to ${begin} before it belong to no tensor`));
    }
    dataBytes = Math.max(dataBytes, end);
  }
  if (faults.length > 0) throw malformed(faults);
  return { metadata, tensors, headerBytes: LENGTH_BYTES + json.length, dataBytes };
}

function faultOf(name: string, message: string): Fault {
  return { path: name.length > 200 ? `${name.slice(0, 200)}…` : name, message };
}

function decodeText(json: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json);
  } catch (cause) {
    throw malformed([{ path: '', message: 'the header is not UTF-8' }], { cause });
  }
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = text.startsWith('{') ? JSON.parse(text) : undefined;
  } catch {
    // The parser's message would quote the header, whatever bytes it has; the fault says enough.
  }
  if (!isObject(value)) throw malformed([{ path: '', message: 'the header is not a JSON object' }]);
  return value;
}

function decodeMetadata(header: Record<string, unknown>, faults: Fault[]): Record<string, string> {
  const value = Object.hasOwn(header, METADATA_KEY) ? header[METADATA_KEY] : {};
  if (!isObject(value)) {
    faults.push({ path: METADATA_KEY, message: 'must be an object of strings' });
    return {};
  }
  const pairs: [string, string][] = [];
  for (const [key, text] of Object.entries(value)) {
    if (typeof text === 'string') pairs.push([key, text]);
    else faults.push(faultOf(`${METADATA_KEY}/${key}`, 'must be a string'));
  }
  return Object.fromEntries(pairs);
}

function decodeEntry(
  name: string,
  entry: unknown,
  dtypes: readonly Dtype[],
  faults: Fault[],
): TensorEntry | undefined {
  if (!isObject(entry)) {
    faults.push(faultOf(name, 'must be an object with dtype, shape and data_offsets'));
    return undefined;
  }
  const { shape, data_offsets: offsets } = entry;
  const dtype = dtypes.find((known) => known === entry['dtype']);
  if (dtype === undefined) faults.push(faultOf(name, `dtype must be ${dtypes.join(' or ')}`));
  const elementBytes = DTYPE_BYTES[dtype ?? DTYPE];
  const count = isNumbers(shape) ? elementCount(shape) : undefined;
  if (count === undefined) faults.push(faultOf(name, 'shape must be integers from 0'));
  const [begin, end] = isNumbers(offsets) && offsets.length === 2 ? offsets : [];
  const offsetsHold = isByteOffset(begin) && isByteOffset(end) && begin <= end;
  if (!offsetsHold) faults.push(faultOf(name, 'data_offsets must be two integers from 0, in order'));
  if (!isNumbers(shape) || count === undefined || !offsetsHold) return undefined;
  if (end - begin !== count * elementBytes) {
    const message = `shape [${shape.slice(0, 8).join(', ')}] needs ${count * elementBytes} bytes`;
    faults.push(faultOf(name, `${message}, data_offsets span ${end - begin}`));
  }
  return dtype === undefined || dtype === DTYPE
    ? { name, shape, begin, end }
    : { name, shape, dtype, begin, end };
}

function isByteOffset(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value >= 0;
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}
