import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { readManifest } from '../../connectors/recording/manifest.ts';
import { npyFormat } from '../../connectors/recording/npy-format.ts';
import { readWav } from '../../connectors/recording/read-wav.ts';
import { resampler } from '../../connectors/recording/resample.ts';
import { joinedChunks, streamSegments } from '../../connectors/recording/segments.ts';
import { wavFile } from './wav-file.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fedshell-formats-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The samples of the only recording of a manifest. */
async function samplesOf(
  file: string,
  bytes: Uint8Array,
  { columns = '', sampleRateHz }: { columns?: string; sampleRateHz?: number } = {},
): Promise<{ samples: Float32Array; sampleRateHz: number | undefined }> {
  writeFileSync(join(folder, file), bytes);
  const [names, values] = columns === '' ? ['', ''] : columns.split('=').map((part) => `,${part}`);
  writeFileSync(
    join(folder, 'manifest.csv'),
    `file,client,label,split${names}\n${file},m,good,train${values}\n`,
  );
  const { groups } = await readManifest(folder);
  for await (const segment of streamSegments(
    groups[0]!.rows,
    sampleRateHz === undefined ? {} : { sampleRateHz },
  )) {
    return { samples: await joinedChunks(segment.chunks), sampleRateHz: segment.sampleRateHz };
  }
  throw new RangeError('no segment');
}

function npy(descr: string, shape: string, bytes: Uint8Array, fortran = 'False'): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length & 0xff, header.length >> 8]);
  return Buffer.concat([prefix, Buffer.from(header), bytes]);
}

const bytesOf = (values: Float32Array | Int16Array) => new Uint8Array(values.buffer);

describe('a WAV file', () => {
  it('of 8 bits is unsigned', () => {
    const bytes = Buffer.from(wavFile({ format: 1, bits: 16, sampleRateHz: 8000, channels: [[0, 0, 0, 0]] }));
    bytes.writeUInt16LE(8, 34);
    bytes.set([0, 64, 128, 192], 44);
    bytes.writeUInt32LE(4, 40);

    expect([...readWav(bytes).samples]).toEqual([-1, -0.5, 0, 0.5]);
  });

  it('may have 64 bit floats', () => {
    const bytes = Buffer.from(wavFile({ format: 3, bits: 32, sampleRateHz: 8000, channels: [[0, 0, 0, 0]] }));
    bytes.writeUInt16LE(64, 34);
    bytes.writeDoubleLE(0.25, 44);
    bytes.writeDoubleLE(-3, 52);

    expect([...readWav(bytes).samples]).toEqual([0.25, -3]);
  });

  it('may say its length in a ds64 chunk, or not at all', () => {
    const plain = Buffer.from(wavFile({ format: 1, bits: 16, sampleRateHz: 8000, channels: [[0.5, 0.25]] }));
    plain.writeUInt32LE(0xffffffff, 40);
    const ds64 = Buffer.alloc(36, 'ds64');
    ds64.writeUInt32LE(28, 4);
    ds64.writeBigUInt64LE(2n, 16);
    const long = Buffer.concat([Buffer.from('RF64'), plain.subarray(4, 12), ds64, plain.subarray(12)]);

    expect([...readWav(plain).samples]).toEqual([0.5, 0.25]);
    expect([...readWav(long).samples]).toEqual([0.5]);
  });

  it('gives the channel that the manifest names, or the mean of all', async () => {
    const bytes = wavFile({
      format: 1,
      bits: 16,
      sampleRateHz: 8000,
      channels: [
        [0.5, 0.25],
        [-0.25, 0.75],
      ],
    });

    expect([...(await samplesOf('a.wav', bytes)).samples]).toEqual([0.5, 0.25]);
    expect([...(await samplesOf('a.wav', bytes, { columns: 'column=2' })).samples]).toEqual([-0.25, 0.75]);
    expect([...(await samplesOf('a.wav', bytes, { columns: 'column=mean' })).samples]).toEqual([0.125, 0.5]);
    await expect(samplesOf('a.wav', bytes, { columns: 'column=3' })).rejects.toMatchObject({
      code: 'E_INVALID_RECORDING',
      faults: [{ line: 2, message: 'has no channel "3"; it has 1 to 2, and their mean' }],
    });
  });

  it('of ten hours needs no more memory than a short one', async () => {
    const frames = 10 * 3600 * 4000;
    const header = Buffer.from(wavFile({ format: 1, bits: 16, sampleRateHz: 4000, channels: [[]] }));
    header.writeUInt32LE(frames * 2, 40);
    writeFileSync(join(folder, 'long.wav'), header);
    truncateSync(join(folder, 'long.wav'), header.length + frames * 2);
    writeFileSync(join(folder, 'manifest.csv'), 'file,client,label,split\nlong.wav,m,good,train\n');
    const { groups } = await readManifest(folder);
    const before = process.memoryUsage().rss;
    let [samples, most] = [0, 0];

    for await (const { chunks } of streamSegments(groups[0]!.rows)) {
      for await (const chunk of chunks) {
        samples += chunk.length;
        most = Math.max(most, process.memoryUsage.rss() - before);
      }
    }

    expect(samples).toBe(frames);
    expect(most / 2 ** 20).toBeLessThan(150);
  });
});

describe('a numpy file', () => {
  it('is read as it is, with the rate of its manifest', async () => {
    const bytes = npy('<f4', '(3,)', bytesOf(Float32Array.of(1, -20, 3.5)));

    expect(await samplesOf('a.npy', bytes, { columns: 'sample_rate=12000' })).toEqual({
      samples: Float32Array.of(1, -20, 3.5),
      sampleRateHz: 12_000,
    });
  });

  it('may have channels, sample by sample or one after the other', async () => {
    const values = bytesOf(Int16Array.of(1, 2, 3, 4, 5, 6));
    const columns = 'column=2';

    const rows = await samplesOf('rows.npy', npy('<i2', '(3, 2)', values), { columns });
    const after = await samplesOf('after.npy', npy('<i2', '(3, 2)', values, 'True'), { columns });

    expect([...rows.samples]).toEqual([2, 4, 6]);
    expect([...after.samples]).toEqual([4, 5, 6]);
  });

  it('is refused with its reason', () => {
    const refused = (bytes: Uint8Array) => () =>
      npyFormat((position, length) => bytes.subarray(position, position + length), bytes.length);

    expect(refused(npy('<c8', '(1,)', new Uint8Array(8)))).toThrow('numbers of the type <c8');
    expect(refused(npy('<f4', '(2, 2, 2)', new Uint8Array(32)))).toThrow('3 dimensions');
    expect(refused(npy('<f4', '(3,)', new Uint8Array(8)))).toThrow('ends inside its array');
    expect(refused(Buffer.from('no array at all'))).toThrow('not a numpy array');
  });

  it('with a number that is none is named with its line', async () => {
    const bytes = npy('<f4', '(2,)', bytesOf(Float32Array.of(1, Number.NaN)));

    await expect(samplesOf('a.npy', bytes)).rejects.toMatchObject({
      code: 'E_INVALID_RECORDING',
      faults: [{ path: 'a.npy', line: 2, message: 'sample 1 is not a finite number' }],
    });
  });
});

interface Resampled {
  readonly fromHz: number;
  readonly toHz: number;
  readonly samples: number;
  readonly first: readonly number[];
  readonly last: readonly number[];
}

describe('resampler', () => {
  const golden = JSON.parse(
    readFileSync(join(__dirname, 'recording-golden-resample.json'), 'utf8'),
  ) as readonly Resampled[];
  const signal = Float32Array.from({ length: 3000 }, (_, n) => (((n * n * 7 + n * 13) % 4001) - 2000) / 4096);

  it.each(golden)(
    'gives what scipy gives from $fromHz to $toHz Hz',
    ({ fromHz, toHz, samples, first, last }) => {
      const through = resampler({ fromHz, toHz });

      const result = [...through.push(signal), ...through.finish()];

      expect(result).toHaveLength(samples);
      [...first, ...last].forEach((value, index) => {
        const position = index < first.length ? index : samples - first.length - last.length + index;
        expect(result[position]).toBeCloseTo(value, 5);
      });
    },
  );

  it('gives the same however the samples are cut into pieces', () => {
    const whole = resampler({ fromHz: 22_050, toHz: 16_000 });
    const expected = [...whole.push(signal), ...whole.finish()];
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 8 }), (cuts) => {
        const pieces = resampler({ fromHz: 22_050, toHz: 16_000 });
        const result: number[] = [];
        let begin = 0;
        for (const length of cuts) {
          result.push(...pieces.push(signal.subarray(begin, begin + length)));
          begin = Math.min(signal.length, begin + length);
        }
        result.push(...pieces.push(signal.subarray(begin)), ...pieces.finish());

        expect(result).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it('keeps a tone that both rates have and takes away one that would fold', async () => {
    const tone = (hz: number) =>
      wavFile({
        format: 3,
        bits: 32,
        sampleRateHz: 48_000,
        channels: [Array.from({ length: 9600 }, (_, n) => Math.sin((2 * Math.PI * hz * n) / 48_000))],
      });
    const power = (samples: Float32Array) =>
      samples.slice(200, -200).reduce((sum, sample) => sum + sample * sample, 0) / (samples.length - 400);

    const kept = await samplesOf('kept.wav', tone(1000), { sampleRateHz: 16_000 });
    const folded = await samplesOf('folded.wav', tone(12_000), { sampleRateHz: 16_000 });

    expect(kept.sampleRateHz).toBe(16_000);
    expect(kept.samples).toHaveLength(3200);
    expect(power(kept.samples)).toBeCloseTo(0.5, 2);
    expect(power(folded.samples)).toBeLessThan(1e-5);
  });

  it('refuses rates without a common divisor by name', async () => {
    const bytes = wavFile({ format: 1, bits: 16, sampleRateHz: 1_000_003, channels: [[0.5]] });

    await expect(samplesOf('a.wav', bytes, { sampleRateHz: 16_000 })).rejects.toMatchObject({
      code: 'E_INVALID_RECORDING',
    });
  });
});
