/** Tags of the values that are looked at (X.690). */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  sequence: 0x30,
  utcTime: 0x17,
  generalizedTime: 0x18,
  /** Of a value that only its place tells, such as `[3]`: this plus the number. */
  context: 0xa0,
} as const;

/** One DER value (X.690): its tag, its content, and all of it with the tag. */
export interface Element {
  readonly tag: number;
  readonly content: Buffer;
  readonly whole: Buffer;
}

/** The values that stand one after the other. @throws RangeError where the bytes are no such values */
export function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes.readUInt8(at);
    const short = bytes.readUInt8(at + 1);
    const lengthBytes = short < 0x80 ? 0 : short & 0x7f;
    if (lengthBytes > 4 || (short >= 0x80 && lengthBytes === 0)) throw new RangeError('no DER length');
    const length = lengthBytes === 0 ? short : bytes.readUIntBE(at + 2, lengthBytes);
    const start = at + 2 + lengthBytes;
    const end = start + length;
    if (end > bytes.length) throw new RangeError('a DER value is cut off');
    found.push({ tag, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return found;
}

/** The only value that the bytes are. @throws RangeError for another tag, or several values */
export function onlyElement(bytes: Buffer, tag: number): Element {
  const [element, ...others] = elements(bytes);
  if (element?.tag !== tag || others.length > 0) throw new RangeError('another DER value is expected');
  return element;
}

/** The values inside another. @throws RangeError as `elements` */
export function children(element: Element | undefined): Element[] {
  return element === undefined ? [] : elements(element.content);
}

/** An object identifier with dots. @throws RangeError for another value */
export function objectIdentifier(element: Element | undefined): string {
  if (element?.tag !== TAG.objectIdentifier) throw new RangeError('an object identifier is expected');
  const numbers: number[] = [];
  let value = 0;
  for (const byte of element.content) {
    value = value * 128 + (byte & 0x7f);
    if ((byte & 0x80) !== 0) continue;
    numbers.push(value);
    value = 0;
  }
  const [first = 0, ...others] = numbers;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - 40 * top, ...others].join('.');
}
