import { CodedError } from '../runtime/errors.ts';
import { checkEnvironment, type EnvironmentJson } from './environment-json.ts';

/** Bytes after which the format of a file is known: a byte order mark, blanks, and the first character. */
const HEAD_BYTES = 64;

/**
 * Reads an Environment in JSON or XML, told apart by its first character, and checks its structure. XML is taken in as
 * it arrives; JSON is held until its end.
 * @param longestBytes more is refused.
 * @throws CodedError `E_INVALID_INPUT` with every fault, `E_AASX_REFUSED` beyond `longestBytes`
 */
export async function readEnvironment(
  content: AsyncIterable<Uint8Array>,
  longestBytes: number,
): Promise<EnvironmentJson> {
  const { head, all } = await peek(atMost(content, longestBytes));
  const start = head
    .toString('latin1')
    .replace(/^(\xef\xbb\xbf|\xff\xfe|\xfe\xff\0)/, '')
    .trimStart();
  if (start.startsWith('<')) {
    // The tokenizer is loaded only where there is XML.
    const { readXmlEnvironment } = await import('./xml/read-xml-environment.ts');
    return (await readXmlEnvironment(all)).environment;
  }
  return readJsonEnvironment(all);
}

async function readJsonEnvironment(content: AsyncIterable<Uint8Array>): Promise<EnvironmentJson> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return checkEnvironment(parseJson(Buffer.concat(chunks)));
}

function parseJson(bytes: Buffer): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CodedError('E_INVALID_INPUT', 'the file is not UTF-8 text', { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    // Some of the parser's messages have a position, the others quote the place.
    const position = /at position (\d+)/.exec(message)?.[1];
    const line = position === undefined ? {} : { line: text.slice(0, Number(position)).split('\n').length };
    const fault = { path: '', ...line, message: `not JSON: ${message.slice(0, 200)}` };
    const at = line.line === undefined ? '' : `line ${line.line}: `;
    throw new CodedError('E_INVALID_INPUT', `${at}${fault.message}`, { faults: [fault], cause });
  }
}

async function* atMost(content: AsyncIterable<Uint8Array>, longestBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.byteLength;
    if (bytes > longestBytes) {
      throw new CodedError('E_AASX_REFUSED', `a model of more than ${longestBytes} bytes is not read`);
    }
    yield chunk;
  }
}

/** The first bytes of a stream, and the whole of it. */
async function peek(content: AsyncIterable<Uint8Array>): Promise<{
  readonly head: Buffer;
  readonly all: AsyncIterable<Uint8Array>;
}> {
  const chunks = content[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < HEAD_BYTES) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const first = head;
  async function* all(): AsyncGenerator<Uint8Array> {
    yield first;
    yield* { [Symbol.asyncIterator]: () => chunks };
  }
  return { head, all: all() };
}
