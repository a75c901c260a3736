/** The first channel of a WAV file. */
export interface WavContent {
  readonly sampleRateHz: number;
  /** Integer formats as fractions of full scale, [-1, 1); float formats as they are. */
  readonly samples: Float32Array;
}

interface WavFormat {
  readonly kind: 'integer' | 'float';
  readonly channels: number;
  readonly sampleRateHz: number;
  readonly bits: number;
}

const PCM = 1;
const IEEE_FLOAT = 3;
const EXTENSIBLE = 0xfffe;

/**
 * Reads a RIFF WAVE file with 16, 24 or 32 bit integer or 32 bit float samples; of several channels the first.
 * @throws RangeError that says what is wrong with the bytes.
 */
export function readWav(bytes: Uint8Array): WavContent {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || tag(view, 0) !== 'RIFF' || tag(view, 8) !== 'WAVE') {
    throw new RangeError('not a RIFF WAVE file');
  }
  let format: WavFormat | undefined;
  for (let offset = 12; offset + 8 <= bytes.length; ) {
    const [name, length, begin] = [tag(view, offset), view.getUint32(offset + 4, true), offset + 8];
    if (name === 'fmt ') format = readFormat(view, begin, length);
    if (name === 'data') {
      if (format === undefined) throw new RangeError('the data chunk comes before the fmt chunk');
      if (begin + length > bytes.length) throw new RangeError('the file ends inside its data chunk');
      return { sampleRateHz: format.sampleRateHz, samples: readSamples(view, begin, length, format) };
    }
    // Chunks begin at even offsets (RIFF, padding byte).
    offset = begin + length + (length % 2);
  }
  throw new RangeError('the file has no data chunk');
}

function tag(view: DataView, offset: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((index) => view.getUint8(offset + index)));
}

function readFormat(view: DataView, begin: number, length: number): WavFormat {
  if (length < 16 || begin + length > view.byteLength) throw new RangeError('the fmt chunk is too short');
  const declared = view.getUint16(begin, true);
  // Of an extensible format, the first two bytes of the sub-format's GUID are the code.
  const code = declared === EXTENSIBLE && length >= 26 ? view.getUint16(begin + 24, true) : declared;
  const [channels, bits] = [view.getUint16(begin + 2, true), view.getUint16(begin + 14, true)];
  const sampleRateHz = view.getUint32(begin + 4, true);
  const supported = (code === PCM && [16, 24, 32].includes(bits)) || (code === IEEE_FLOAT && bits === 32);
  if (!supported) {
    throw new RangeError(
      `format ${code} with ${bits} bits; supported are 16, 24 and 32 bit integers and 32 bit float`,
    );
  }
  if (channels === 0 || sampleRateHz === 0)
    throw new RangeError('the fmt chunk has no channel or no sample rate');
  return { kind: code === PCM ? 'integer' : 'float', channels, sampleRateHz, bits };
}

function readSamples(view: DataView, begin: number, length: number, format: WavFormat): Float32Array {
  const sampleBytes = format.bits / 8;
  const frameBytes = sampleBytes * format.channels;
  const samples = new Float32Array(Math.floor(length / frameBytes));
  for (let index = 0; index < samples.length; index += 1) {
    const offset = begin + index * frameBytes;
    if (format.kind === 'float') samples[index] = view.getFloat32(offset, true);
    else if (format.bits === 16) samples[index] = view.getInt16(offset, true) / 0x8000;
    else if (format.bits === 32) samples[index] = view.getInt32(offset, true) / 0x80000000;
    else samples[index] = (view.getUint16(offset, true) + view.getInt8(offset + 2) * 0x10000) / 0x800000;
    if (!Number.isFinite(samples[index])) throw new RangeError(`sample ${index} is not a finite number`);
  }
  return samples;
}
