import fc from 'fast-check';
import { parseCsv } from '../../connectors/recording/parse-csv.ts';
import { readWav } from '../../connectors/recording/read-wav.ts';
import { wavFile } from './wav-file.ts';

async function recordsOf(...chunks: string[]): Promise<(readonly string[])[]> {
  const records: (readonly string[])[] = [];
  async function* stream() {
    yield* chunks;
  }
  for await (const batch of parseCsv(stream())) records.push(...batch.map(({ fields }) => fields));
  return records;
}

describe('parseCsv', () => {
  it('gives back what was written, however it is cut into chunks', async () => {
    const field = fc.string({ unit: fc.constantFrom('a', '1', ' ', '"', ',', '\n', '.') });
    const records = fc.array(fc.array(field, { minLength: 2, maxLength: 2 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(records, fc.constantFrom('\n', '\r\n'), fc.nat(40), async (rows, end, cut) => {
        const text = rows
          .map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(',') + end)
          .join('');

        expect(await recordsOf(text.slice(0, cut), text.slice(cut))).toEqual(rows);
      }),
    );
  });

  it('finds the delimiter and leaves out empty lines', async () => {
    expect(await recordsOf('a;b\n\n1,5;2\n')).toEqual([
      ['a', 'b'],
      ['1,5', '2'],
    ]);
  });

  it('knows the line of a record behind quoted line feeds', async () => {
    async function* stream() {
      yield 'a,b\n"x\ny",1\nz,2';
    }
    const lines: number[] = [];
    for await (const batch of parseCsv(stream())) lines.push(...batch.map(({ line }) => line));

    expect(lines).toEqual([1, 2, 4]);
  });
});

describe('readWav', () => {
  it.each([
    ['16 bit integers', 1, 16],
    ['24 bit integers', 1, 24],
    ['32 bit integers', 1, 32],
    ['32 bit floats', 3, 32],
  ] as const)('reads %s of the first channel as fractions of full scale', (_, format, bits) => {
    const bytes = wavFile({
      format,
      bits,
      sampleRateHz: 12_000,
      channels: [
        [0, 0.5, -0.25, -1],
        [0.125, 0, 0, 0],
      ],
    });

    const { sampleRateHz, samples } = readWav(bytes);

    expect(sampleRateHz).toBe(12_000);
    expect([...samples]).toEqual([0, 0.5, -0.25, -1]);
  });

  it('skips other chunks and understands the extensible format', () => {
    const bytes = wavFile({
      format: 1,
      bits: 16,
      sampleRateHz: 8000,
      channels: [[0.5]],
      extensible: true,
      extraChunk: true,
    });

    expect([...readWav(bytes).samples]).toEqual([0.5]);
  });

  it('refuses what it cannot read and says why', () => {
    const file = wavFile({ format: 1, bits: 16, sampleRateHz: 8000, channels: [[0.5, 0.5]] });

    expect(() => readWav(file.subarray(0, file.length - 1))).toThrow('ends inside its data chunk');
    expect(() => readWav(file.subarray(0, 20))).toThrow(RangeError);
    expect(() => readWav(new TextEncoder().encode('this is not a wav file'))).toThrow('not a RIFF WAVE file');
    expect(() => readWav(wavFile({ format: 2, bits: 16, sampleRateHz: 8000, channels: [[0]] }))).toThrow(
      'format 2',
    );
  });
});
