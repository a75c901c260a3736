import { CodedError } from '../../../runtime/errors.ts';

/** One part of a multipart body; its content must be read to the end before the next part is asked for. */
export interface MultipartPart {
  readonly name: string;
  readonly fileName?: string;
  readonly contentType?: string;
  readonly content: AsyncIterable<Buffer>;
}

const LONGEST_HEADER_BYTES = 16 * 1024;
const MOST_PARTS = 16;

/**
 * Reads a `multipart/form-data` body (RFC 7578) as it arrives: memory is one chunk, however large a file is.
 * @param contentType the request's header.
 * @throws CodedError `E_INVALID_INPUT` if the body is not well-formed or ends early.
 */
export async function* readMultipart(
  body: AsyncIterable<Buffer>,
  contentType: string | undefined,
): AsyncGenerator<MultipartPart> {
  const boundary = /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(
    contentType ?? '',
  );
  const text = boundary?.[1] ?? boundary?.[2];
  if (text === undefined) throw malformed('expected multipart/form-data with a boundary');
  const reader = new DelimitedReader(body, Buffer.from('\r\n'));
  const delimiter = Buffer.from(`\r\n--${text}`);
  // What stands before the first delimiter means nothing (RFC 2046, preamble).
  for await (const _ of reader.until(delimiter, LONGEST_HEADER_BYTES));
  for (let count = 0; ; count++) {
    const mark = await reader.take(2);
    if (mark === '--') return;
    if (mark !== '\r\n') throw malformed('a boundary must end its line');
    if (count === MOST_PARTS) throw malformed(`more than ${MOST_PARTS} parts`);
    // The line break is given back, so that a part without headers ends its headers at once too.
    reader.giveBack(Buffer.from('\r\n'));
    const headers: Buffer[] = [];
    for await (const chunk of reader.until(Buffer.from('\r\n\r\n'), LONGEST_HEADER_BYTES))
      headers.push(chunk);
    const content = reader.until(delimiter);
    yield { ...readHeaders(Buffer.concat(headers).toString('utf8')), content };
    for await (const _ of content);
  }
}

/** A stream that is read up to given delimiters. */
class DelimitedReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #buffer: Buffer;

  /** @param start what is read before the stream; the first delimiter has no line break before it. */
  constructor(body: AsyncIterable<Buffer>, start: Buffer) {
    this.#chunks = body[Symbol.asyncIterator]();
    this.#buffer = start;
  }

  giveBack(bytes: Buffer): void {
    this.#buffer = Buffer.concat([bytes, this.#buffer]);
  }

  async take(bytes: number): Promise<string> {
    while (this.#buffer.length < bytes) await this.#more();
    const taken = this.#buffer.toString('latin1', 0, bytes);
    this.#buffer = this.#buffer.subarray(bytes);
    return taken;
  }

  /** All bytes before the delimiter, which is read too; at most `limitBytes` of them. */
  async *until(delimiter: Buffer, limitBytes = Number.POSITIVE_INFINITY): AsyncGenerator<Buffer> {
    let bytes = 0;
    for (;;) {
      const end = this.#buffer.indexOf(delimiter);
      // A delimiter may be split between chunks: what could be its beginning waits for the next one.
      const safe = end >= 0 ? end : this.#buffer.length - beginningAtEnd(this.#buffer, delimiter);
      const ready = this.#buffer.subarray(0, safe);
      this.#buffer = this.#buffer.subarray(end >= 0 ? end + delimiter.length : safe);
      bytes += ready.length;
      if (bytes > limitBytes) throw malformed(`more than ${limitBytes} bytes before a delimiter`);
      if (ready.length > 0) yield ready;
      if (end >= 0) return;
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    const next = await this.#chunks.next();
    if (next.done === true) throw malformed('the body ends before its last boundary');
    this.#buffer = this.#buffer.length === 0 ? next.value : Buffer.concat([this.#buffer, next.value]);
  }
}

/** How many bytes at the end of a buffer could be the beginning of the delimiter; nearly always none. */
function beginningAtEnd(buffer: Buffer, delimiter: Buffer): number {
  const first = delimiter[0] ?? 0;
  const from = Math.max(0, buffer.length - delimiter.length + 1);
  for (let at = buffer.indexOf(first, from); at >= 0; at = buffer.indexOf(first, at + 1)) {
    const rest = buffer.length - at;
    if (buffer.compare(delimiter, 0, rest, at) === 0) return rest;
  }
  return 0;
}

function readHeaders(text: string): Omit<MultipartPart, 'content'> {
  const headers = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    if (line === '') continue;
    const colon = line.indexOf(':');
    if (colon < 1) throw malformed('a part has a header without a name');
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  const disposition = headers.get('content-disposition') ?? '';
  const name = /^form-data\s*;(?:.*;)?\s*name="([^"]*)"/i.exec(disposition)?.[1];
  if (name === undefined) throw malformed('a part has no name');
  const fileName = /;\s*filename="((?:[^"\\]|\\.)*)"/i.exec(disposition)?.[1];
  const contentType = headers.get('content-type');
  return {
    name,
    ...(fileName === undefined ? {} : { fileName: fileName.replace(/\\(.)/g, '$1').replaceAll('%22', '"') }),
    ...(contentType === undefined ? {} : { contentType }),
  };
}

function malformed(message: string): CodedError {
  return new CodedError('E_INVALID_INPUT', `the multipart body is malformed: ${message}`);
}
