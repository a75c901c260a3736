import fc from 'fast-check';
import {
  readSafetensors,
  readSafetensorsHeader,
  writeSafetensors,
} from '../../learning/weights/safetensors.ts';
import { streamSafetensors } from '../../learning/weights/stream-safetensors.ts';
import type { NamedTensor } from '../../learning/weights/tensor.ts';
import { CodedError } from '../../runtime/errors.ts';
import { anyFile, chunksOf, collect, cutAt, fileOf, thrownBy } from './safetensors-samples.ts';

const KERNEL: NamedTensor = { name: 'kernel', shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) };
const BIAS: NamedTensor = { name: 'bias', shape: [2], values: Float32Array.of(-1, 0.5) };

describe('writeSafetensors', () => {
  it('writes the documented layout', () => {
    const file = writeSafetensors([KERNEL, BIAS], { b: '2', a: '1' });

    const json =
      '{"__metadata__":{"a":"1","b":"2"},' +
      '"kernel":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},' +
      '"bias":{"dtype":"F32","shape":[2],"data_offsets":[16,24]}}';
    const view = new DataView(file.buffer);
    const headerBytes = Number(view.getBigUint64(0, true));
    expect(new TextDecoder().decode(file.subarray(8, 8 + headerBytes)).trimEnd()).toBe(json);
    expect(headerBytes % 8).toBe(0);
    expect(view.getFloat32(8 + headerBytes + 12, true)).toBe(4);
    expect(view.getFloat32(8 + headerBytes + 20, true)).toBe(0.5);
    expect(file.length).toBe(8 + headerBytes + 24);
  });

  it('gives the same bytes for metadata in another order', () => {
    expect(writeSafetensors([KERNEL], { a: '1', b: '2' })).toEqual(
      writeSafetensors([KERNEL], { b: '2', a: '1' }),
    );
  });

  it('keeps the order of tensors whose names look like numbers', () => {
    const tensors = ['10', '9', '__proto__'].map((name) => ({ ...BIAS, name }));

    const { tensors: read } = readSafetensors(writeSafetensors(tensors, {}));

    expect([...read.keys()]).toEqual(['10', '9', '__proto__']);
  });

  it.each([
    ['a name twice', [BIAS, BIAS]],
    ['the reserved name', [{ ...BIAS, name: '__metadata__' }]],
    ['values that do not fill the shape', [{ ...BIAS, shape: [3] }]],
    ['a negative dimension', [{ ...BIAS, shape: [-2] }]],
  ])('refuses %s', (_, tensors) => {
    expect(() => writeSafetensors(tensors, {})).toThrow(RangeError);
  });
});

describe('a safetensors file', () => {
  it('comes back as it was written, bit for bit', () => {
    fc.assert(
      fc.property(anyFile(), ({ tensors, metadata }) => {
        const { header, tensors: read } = readSafetensors(writeSafetensors(tensors, metadata));

        expect(header.metadata).toEqual(metadata);
        expect([...read].map(([name, { shape, values }]) => ({ name, shape, values }))).toEqual(tensors);
      }),
    );
  });

  it('comes back through a stream however it is cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyFile(),
        fc.array(fc.nat(), { maxLength: 12 }),
        async ({ tensors, metadata }, cuts) => {
          const file = writeSafetensors(tensors, metadata);

          const stream = await streamSafetensors(chunksOf(cutAt(file, cuts)));
          const read = await collect(stream);

          expect(stream.header).toEqual(readSafetensorsHeader(file));
          expect(read).toEqual(tensors);
        },
      ),
    );
  });

  it('comes back through a stream of single bytes whose memory is used again', async () => {
    const file = writeSafetensors([KERNEL, BIAS], {});
    async function* bytes(): AsyncGenerator<Uint8Array> {
      const chunk = new Uint8Array(1);
      for (const byte of file) {
        chunk[0] = byte;
        yield chunk;
      }
    }

    expect(await collect(await streamSafetensors(bytes()))).toEqual([KERNEL, BIAS]);
  });

  it('is read from a place in memory where floats are not aligned', () => {
    const file = writeSafetensors([KERNEL], {});
    const shifted = new Uint8Array(file.length + 1);
    shifted.set(file, 1);

    const { tensors } = readSafetensors(shifted.subarray(1));

    expect(tensors.get('kernel')?.values).toEqual(KERNEL.values);
  });

  it('is read whatever the order of its header', () => {
    const entry = (begin: number) => ({ dtype: 'F32', shape: [1], data_offsets: [begin, begin + 4] });

    const { header, tensors } = readSafetensors(fileOf({ b: entry(4), a: entry(0) }, 8));

    expect(header.tensors.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(tensors.size).toBe(2);
  });
});

describe('a malformed safetensors file', () => {
  const good = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };

  it.each([
    ['another dtype', { a: { ...good, dtype: 'F16' } }, 'a: dtype must be F32'],
    ['overlapping tensors', { a: good, b: { ...good, data_offsets: [4, 12] } }, 'b: bytes 4 to 12 overlap'],
    [
      'a gap between tensors',
      { a: good, b: { ...good, data_offsets: [12, 20] } },
      'b: bytes 8 to 12 before it',
    ],
    ['a gap before the first', { a: { ...good, data_offsets: [4, 12] } }, 'a: bytes 0 to 4 before it'],
    ['offsets that do not fit the shape', { a: { ...good, shape: [3] } }, 'a: shape [3] needs 12 bytes'],
    ['offsets in the wrong order', { a: { ...good, data_offsets: [8, 0] } }, 'a: data_offsets must be'],
    ['negative offsets', { a: { ...good, data_offsets: [-8, 0] } }, 'a: data_offsets must be'],
    ['one offset', { a: { ...good, data_offsets: [8] } }, 'a: data_offsets must be'],
    ['a shape that is none', { a: { ...good, shape: [1.5] } }, 'a: shape must be'],
    ['a shape beyond all bounds', { a: { ...good, shape: [2 ** 40, 2 ** 40] } }, 'a: shape must be'],
    ['no shape', { a: { dtype: 'F32', data_offsets: [0, 8] } }, 'a: shape must be'],
    ['an entry that is no object', { a: 1 }, 'a: must be an object'],
    ['metadata that is no object', { __metadata__: [], a: good }, '__metadata__: must be an object'],
    ['metadata that is no text', { __metadata__: { k: 1 }, a: good }, '__metadata__/k: must be a string'],
  ])('is refused for %s', (_, header, fault) => {
    const error = thrownBy(() => readSafetensors(fileOf(header, 8)));

    expect(error.code).toBe('E_MALFORMED_SAFETENSORS');
    expect(error.faults.map(({ path, message }) => `${path}: ${message}`).join()).toContain(fault);
  });

  it('is refused with all its faults at once', () => {
    const header = { a: { ...good, dtype: 'I64' }, b: { ...good, shape: 'two' }, __metadata__: { k: 1 } };

    const error = thrownBy(() => readSafetensors(fileOf(header, 8)));

    expect(error.faults.map(({ path }) => path).sort()).toEqual(['__metadata__/k', 'a', 'b']);
  });

  it.each([
    [
      'tensor',
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
      'a',
    ],
    ['metadata key', '{"__metadata__":{"x":"1","x" : "2"}}', 'x'],
    ['member of an entry', '{"a":{"dtype":"F32","shape":[1],"shape":[2],"data_offsets":[0,8]}}', 'shape'],
  ])('is refused for a %s that stands twice', (_, json, path) => {
    const error = thrownBy(() => readSafetensorsHeader(fileOf(json, 8)));

    expect(error.faults).toContainEqual({ path, message: 'the name stands twice' });
  });

  it('may have a text that looks like a key in its metadata', () => {
    const { metadata } = readSafetensorsHeader(
      fileOf('{"__metadata__":{"a\\"":"\\"a\\":{","b":"a\\\\"}}', 0),
    );

    expect(metadata).toEqual({ 'a"': '"a":{', b: 'a\\' });
  });

  it.each([
    ['no JSON', '{"a":'],
    ['no object', '[]'],
    ['white space first', ' {}'],
    ['null', 'null'],
  ])('is refused for a header that is %s', (_, json) => {
    expect(thrownBy(() => readSafetensors(fileOf(json, 0))).code).toBe('E_MALFORMED_SAFETENSORS');
  });

  it('is refused for a header that is not UTF-8', () => {
    const file = fileOf('{"a":1}', 0);
    file[10] = 0xff;

    expect(thrownBy(() => readSafetensors(file)).message).toContain('UTF-8');
  });

  it.each([
    ['100 MB and a byte', 100_000_001n],
    ['2^63 bytes', 2n ** 63n],
    ['one byte', 1n],
  ])('is refused for a header of %s, from the length alone', async (_, length) => {
    const file = new Uint8Array(8);
    new DataView(file.buffer).setBigUint64(0, length, true);

    const error = thrownBy(() => readSafetensorsHeader(file));

    expect(error.code).toBe('E_MALFORMED_SAFETENSORS');
    expect(error.details['truncated']).toBeUndefined();
    await expect(streamSafetensors(chunksOf([file]))).rejects.toMatchObject({ message: error.message });
  });

  it('is refused wherever it is cut off, and says so', async () => {
    const file = writeSafetensors([KERNEL, BIAS], { k: 'v' });
    for (let length = 0; length < file.length; length++) {
      const start = file.subarray(0, length);

      const error = thrownBy(() => readSafetensors(start));
      const streamed = streamSafetensors(chunksOf([start])).then(collect);

      expect(error).toMatchObject({ code: 'E_MALFORMED_SAFETENSORS', details: { truncated: true } });
      await expect(streamed).rejects.toMatchObject({
        code: 'E_MALFORMED_SAFETENSORS',
        details: { truncated: true },
      });
    }
  });

  it('is refused for bytes after the last tensor', async () => {
    const file = writeSafetensors([KERNEL], {});
    const longer = new Uint8Array(file.length + 1);
    longer.set(file);

    expect(thrownBy(() => readSafetensors(longer)).code).toBe('E_MALFORMED_SAFETENSORS');
    await expect(streamSafetensors(chunksOf([longer])).then(collect)).rejects.toBeInstanceOf(CodedError);
  });

  it('never gives anything but the file or a CodedError, whatever was changed in it', async () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(anyFile(), changes, fc.nat(), async ({ tensors, metadata }, bytes, cut) => {
        const file = writeSafetensors(tensors, metadata);
        // The header is where a changed byte may hurt.
        const headerBytes = readSafetensorsHeader(file).headerBytes;
        for (const [place, byte] of bytes) file[place % headerBytes] = byte;
        const corrupted = cut % 3 === 0 ? file.subarray(0, cut % (file.length + 1)) : file;

        const whole = await outcome(async () => readSafetensors(corrupted).header);
        const streamed = await outcome(async () => {
          const stream = await streamSafetensors(chunksOf(cutAt(corrupted, [cut])));
          await collect(stream);
          return stream.header;
        });

        expect(streamed).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });

  it('never gives anything but a CodedError for arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(16), (json, dataBytes) => {
        let thrown: unknown;
        try {
          readSafetensors(fileOf(json, dataBytes));
        } catch (error) {
          thrown = error;
        }
        if (thrown !== undefined) expect(thrown).toBeInstanceOf(CodedError);
      }),
    );
  });
});

describe('streamSafetensors', () => {
  async function* watched(chunks: readonly Uint8Array[], closed: () => void): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks;
    } finally {
      closed();
    }
  }

  it('lets go of the source when the header is refused', async () => {
    const closed = jest.fn();

    await expect(streamSafetensors(watched([fileOf('[]', 0)], closed))).rejects.toBeInstanceOf(CodedError);

    expect(closed).toHaveBeenCalledTimes(1);
  });

  it('lets go of the source when the values are not wanted', async () => {
    const closed = jest.fn();
    const file = writeSafetensors([KERNEL], {});
    const stream = await streamSafetensors(watched(cutAt(file, [20]), closed));

    await stream.close();

    expect(closed).toHaveBeenCalledTimes(1);
  });

  it('lets go of the source when the reader stops half-way', async () => {
    const closed = jest.fn();
    const file = writeSafetensors([KERNEL, BIAS], {});
    const stream = await streamSafetensors(watched(cutAt(file, [file.length - 4]), closed));

    for await (const piece of stream.values) {
      expect(piece.tensor).toBe('kernel');
      break;
    }

    expect(closed).toHaveBeenCalledTimes(1);
  });

  it('asks for the next chunk only when the last one is used up', async () => {
    let given = 0;
    async function* counted(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
      for (const chunk of chunks) {
        given++;
        yield chunk;
      }
    }
    const large: NamedTensor = { name: 'large', shape: [1000], values: new Float32Array(1000).fill(1) };
    const file = writeSafetensors([large], {});
    const headerBytes = file.length - 4000;
    const chunks = cutAt(file, [headerBytes, headerBytes + 1001, headerBytes + 2002, headerBytes + 3003]);
    const stream = await streamSafetensors(counted(chunks));

    const givenAt: number[] = [];
    for await (const _ of stream.values) givenAt.push(given);

    // A float that two chunks share comes as a piece of its own, with the second of them.
    expect(givenAt).toEqual([2, 3, 3, 4, 4, 5, 5]);
  });

  it('passes on what the source throws', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield writeSafetensors([KERNEL], {}).subarray(0, -3);
      throw new TypeError('connection lost');
    }

    await expect(streamSafetensors(broken()).then(collect)).rejects.toThrow('connection lost');
  });
});

/** What reading gave: the header, or how it was refused. */
async function outcome(read: () => Promise<unknown>): Promise<unknown> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return { code: error.code, truncated: error.details['truncated'] === true };
  }
}
