import { CodedError } from '../../runtime/errors.ts';

const DECLARED = /^<\?xml[^>]*\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']/;
/** Enough for any XML declaration. */
const DECLARATION_BYTES = 256;

/**
 * The text of an XML document that arrives as bytes: UTF-8, or UTF-16 with a byte order mark.
 * @throws CodedError `E_INVALID_INPUT` for another encoding, or bytes that are none of it
 */
export async function* decodeXml(content: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let head = Buffer.alloc(0);
  const decode = (bytes?: Uint8Array): string => {
    try {
      return decoder?.decode(bytes, { stream: bytes !== undefined }) ?? '';
    } catch (cause) {
      throw new CodedError('E_INVALID_INPUT', `the XML is not ${decoder?.encoding} text`, { cause });
    }
  };
  for await (const chunk of content) {
    if (decoder !== undefined) {
      yield decode(chunk);
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < DECLARATION_BYTES) continue;
    decoder = new TextDecoder(encodingOf(head), { fatal: true });
    yield decode(head);
  }
  if (decoder === undefined) {
    decoder = new TextDecoder(encodingOf(head), { fatal: true });
    yield decode(head);
  }
  yield decode();
}

function encodingOf(head: Buffer): string {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const declared = DECLARED.exec(head.toString('latin1').replace(/^\xef\xbb\xbf/, ''))?.[1];
  if (declared === undefined || /^(utf-?8|us-ascii)$/i.test(declared)) return 'utf-8';
  throw new CodedError('E_INVALID_INPUT', `XML in ${declared} is not read; it must be UTF-8 or UTF-16`);
}
