import fc from 'fast-check';
import { readMultipart } from '../../aas/server/http/multipart.ts';

const BOUNDARY = 'the-boundary';

async function* inChunks(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function read(body: Buffer, sizes: readonly number[]) {
  const parts: { name: string; fileName: string | undefined; content: Buffer }[] = [];
  for await (const { name, fileName, content } of readMultipart(
    inChunks(body, sizes),
    `multipart/form-data; boundary="${BOUNDARY}"`,
  )) {
    const chunks: Buffer[] = [];
    for await (const chunk of content) chunks.push(chunk);
    parts.push({ name, fileName, content: Buffer.concat(chunks) });
  }
  return parts;
}

function write(parts: readonly { name: string; content: Buffer }[]): Buffer {
  const written = parts.flatMap(({ name, content }) => [
    Buffer.from(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"; filename="${name}"\r\n\r\n`,
    ),
    content,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...written, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

describe('a multipart body', () => {
  it('is read the same however it is cut into chunks', async () => {
    const nearDelimiters = fc.constantFrom(
      '\r',
      '\n',
      '\r\n',
      '\r\n--',
      `\r\n--${BOUNDARY.slice(0, 5)}`,
      '-',
      'x',
      '',
    );
    const content = fc.array(nearDelimiters, { maxLength: 12 }).map((pieces) => Buffer.from(pieces.join('')));
    await fc.assert(
      fc.asyncProperty(
        fc.array(content, { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        async (contents, sizes) => {
          const parts = contents.map((bytes, index) => ({ name: `part${index}`, content: bytes }));

          const found = await read(write(parts), sizes);

          expect(found).toEqual(parts.map((part) => ({ ...part, fileName: part.name })));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is refused wherever it ends too early', async () => {
    const whole = write([{ name: 'file', content: Buffer.from('some bytes') }]);
    const needed = whole.length - '\r\n'.length;
    for (let length = 0; length < needed; length += 3) {
      await expect(read(whole.subarray(0, length), [7])).rejects.toMatchObject({ code: 'E_INVALID_INPUT' });
    }
  });

  it('is refused with endless headers', async () => {
    const body = Buffer.from(`--${BOUNDARY}\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`);

    await expect(read(body, [1000])).rejects.toMatchObject({ code: 'E_INVALID_INPUT' });
  });
});
