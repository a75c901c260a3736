/** A regular file of a tar archive. */
export interface TarMember {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const BLOCK_BYTES = 512;

/**
 * Reads the regular files of a tar archive as it streams (POSIX 1003.1-2008, ustar, with the long names of pax and GNU).
 * Memory holds one file.
 * @param wanted whether a file's bytes are wanted; the others are passed over.
 * @throws RangeError if the archive is damaged or ends early.
 */
export async function* readTar(
  chunks: AsyncIterable<Uint8Array>,
  wanted: (path: string) => boolean,
): AsyncGenerator<TarMember> {
  const input = byteReader(chunks);
  let longPath: string | undefined;
  for (;;) {
    const header = await input.read(BLOCK_BYTES);
    if (header === undefined || header.every((byte) => byte === 0)) return;
    const text = (begin: number, length: number) => {
      const field = new TextDecoder().decode(header.subarray(begin, begin + length));
      const end = field.indexOf('\0');
      return end === -1 ? field : field.slice(0, end);
    };
    if (Number.parseInt(text(148, 8), 8) !== checksumOf(header))
      throw new RangeError('the archive is damaged');
    const size = Number.parseInt(text(124, 12).trim() || '0', 8);
    if (!Number.isSafeInteger(size)) throw new RangeError('the archive has a file of unknown size');
    const [kind, prefix] = [text(156, 1), text(257, 5) === 'ustar' ? text(345, 155) : ''];
    const path = longPath ?? (prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`);
    const isFile = kind === '' || kind === '0';
    const isLongName = kind === 'L' || kind === 'x';
    longPath = isLongName ? longPath : undefined;
    if (isLongName || (isFile && wanted(path))) {
      const bytes = size === 0 ? new Uint8Array(0) : await input.read(size);
      if (bytes === undefined) throw new RangeError(`the archive ends inside ${path}`);
      if (isFile) yield { path, bytes };
      else longPath = longNameOf(kind, bytes) ?? longPath;
    } else await input.skip(size);
    await input.skip((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);
  }
}

/** The sum of the header's bytes, its own field counted as blanks. */
function checksumOf(header: Uint8Array): number {
  return header.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 32 : byte), 0);
}

function longNameOf(kind: string, bytes: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(bytes);
  return kind === 'L' ? text.replaceAll('\0', '') : /(?:^|\n)\d+ path=([^\n]*)\n/.exec(text)?.[1];
}

interface ByteReader {
  /** @returns undefined where the stream ends before. */
  read(length: number): Promise<Uint8Array | undefined>;
  skip(length: number): Promise<void>;
}

function byteReader(chunks: AsyncIterable<Uint8Array>): ByteReader {
  const iterator = chunks[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  const more = async (): Promise<boolean> => {
    const { value, done } = await iterator.next();
    if (done) return false;
    rest = value;
    return true;
  };
  return {
    async read(length) {
      const bytes = new Uint8Array(length);
      for (let filled = 0; filled < length; ) {
        if (rest.length === 0 && !(await more())) return undefined;
        const taken = rest.subarray(0, length - filled);
        bytes.set(taken, filled);
        filled += taken.length;
        rest = rest.subarray(taken.length);
      }
      return bytes;
    },
    async skip(length) {
      for (let left = length; left > 0; ) {
        if (rest.length === 0 && !(await more())) throw new RangeError('the archive ends inside a file');
        const taken = Math.min(left, rest.length);
        rest = rest.subarray(taken);
        left -= taken;
      }
    },
  };
}
