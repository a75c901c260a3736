import type { ReadBytes, SampleDecoder, SampleFormat } from './sample-format.ts';

const PCM = 1;
const IEEE_FLOAT = 3;
const EXTENSIBLE = 0xfffe;
/** What a 32 bit length says where it is not known, or stands in the ds64 chunk (EBU Tech 3306, RF64). */
const UNKNOWN_LENGTH = 0xffffffff;

/** Integer formats become fractions of full scale, [-1, 1); float formats stay as they are. */
const DECODERS: Readonly<Record<string, SampleDecoder>> = {
  '1/8': (view, offset) => (view.getUint8(offset) - 0x80) / 0x80,
  '1/16': (view, offset) => view.getInt16(offset, true) / 0x8000,
  '1/24': (view, offset) => (view.getUint16(offset, true) + view.getInt8(offset + 2) * 0x10000) / 0x800000,
  '1/32': (view, offset) => view.getInt32(offset, true) / 0x80000000,
  '3/32': (view, offset) => view.getFloat32(offset, true),
  '3/64': (view, offset) => view.getFloat64(offset, true),
};

interface Encoding {
  readonly decode: SampleDecoder;
  readonly channels: number;
  readonly sampleRateHz: number;
  readonly sampleBytes: number;
}

/**
 * Finds the samples of a RIFF WAVE file: 8, 16, 24 or 32 bit integers, 32 or 64 bit floats, also above 4 GiB (RF64).
 * @param sizeBytes of the file.
 * @throws RangeError that says what is wrong with the bytes.
 */
export function wavFormat(read: ReadBytes, sizeBytes: number): SampleFormat {
  const viewAt = (position: number, length: number): DataView => {
    const bytes = read(position, length);
    if (bytes.length < length) throw new RangeError('the file ends inside its header');
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
  const riff = sizeBytes < 12 ? undefined : viewAt(0, 12);
  if (riff === undefined || !['RIFF', 'RF64'].includes(tag(riff, 0)) || tag(riff, 8) !== 'WAVE') {
    throw new RangeError('not a RIFF WAVE file');
  }
  let encoding: Encoding | undefined;
  let longLength: number | undefined;
  for (let position = 12; position + 8 <= sizeBytes; ) {
    const header = viewAt(position, 8);
    const [name, length, begin] = [tag(header, 0), header.getUint32(4, true), position + 8];
    if (name === 'ds64' && length >= 16) longLength = Number(viewAt(begin, 16).getBigUint64(8, true));
    if (name === 'fmt ') {
      if (length < 16 || begin + length > sizeBytes) throw new RangeError('the fmt chunk is too short');
      encoding = readEncoding(viewAt(begin, Math.min(length, 40)), length);
    }
    if (name === 'data') {
      if (encoding === undefined) throw new RangeError('the data chunk comes before the fmt chunk');
      const dataBytes = length === UNKNOWN_LENGTH ? (longLength ?? sizeBytes - begin) : length;
      if (begin + dataBytes > sizeBytes) throw new RangeError('the file ends inside its data chunk');
      const { sampleBytes, channels, decode, sampleRateHz } = encoding;
      const frameBytes = sampleBytes * channels;
      const frames = Math.floor(dataBytes / frameBytes);
      return {
        beginBytes: begin,
        frames,
        channels,
        frameBytes,
        channelBytes: sampleBytes,
        sampleBytes,
        decode,
        sampleRateHz,
      };
    }
    // Chunks begin at even offsets (RIFF, padding byte).
    position = begin + length + (length % 2);
  }
  throw new RangeError('the file has no data chunk');
}

function tag(view: DataView, offset: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((index) => view.getUint8(offset + index)));
}

function readEncoding(view: DataView, length: number): Encoding {
  const declared = view.getUint16(0, true);
  // Of an extensible format, the first two bytes of the sub-format's GUID are the code.
  const code = declared === EXTENSIBLE && length >= 26 ? view.getUint16(24, true) : declared;
  const [channels, bits] = [view.getUint16(2, true), view.getUint16(14, true)];
  const sampleRateHz = view.getUint32(4, true);
  const decode = code === PCM || code === IEEE_FLOAT ? DECODERS[`${code}/${bits}`] : undefined;
  if (decode === undefined) {
    const known = '8, 16, 24 and 32 bit integers and 32 and 64 bit float';
    throw new RangeError(`format ${code} with ${bits} bits; supported are ${known}`);
  }
  if (channels === 0 || sampleRateHz === 0) {
    throw new RangeError('the fmt chunk has no channel or no sample rate');
  }
  return { decode, channels, sampleRateHz, sampleBytes: bits / 8 };
}
