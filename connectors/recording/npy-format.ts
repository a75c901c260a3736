import type { ReadBytes, SampleDecoder, SampleFormat } from './sample-format.ts';

const MAGIC = '\u0093NUMPY';
const LARGEST_HEADER_BYTES = 65_536;

const DECODERS: Readonly<Record<string, readonly [bytes: number, decode: SampleDecoder]>> = {
  '|i1': [1, (view, offset) => view.getInt8(offset)],
  '|u1': [1, (view, offset) => view.getUint8(offset)],
  '<i2': [2, (view, offset) => view.getInt16(offset, true)],
  '<u2': [2, (view, offset) => view.getUint16(offset, true)],
  '<i4': [4, (view, offset) => view.getInt32(offset, true)],
  '<f4': [4, (view, offset) => view.getFloat32(offset, true)],
  '<f8': [8, (view, offset) => view.getFloat64(offset, true)],
  '>i2': [2, (view, offset) => view.getInt16(offset)],
  '>i4': [4, (view, offset) => view.getInt32(offset)],
  '>f4': [4, (view, offset) => view.getFloat32(offset)],
  '>f8': [8, (view, offset) => view.getFloat64(offset)],
};

/**
 * Finds the samples of a numpy array file (NEP 1, versions 1 to 3): one dimension, or two with a column a channel.
 * Numbers stay as they are, integers too.
 * @param sizeBytes of the file.
 * @throws RangeError that says what is wrong with the bytes.
 */
export function npyFormat(read: ReadBytes, sizeBytes: number): SampleFormat {
  const prefix = read(0, 12);
  if (prefix.length < 10 || String.fromCharCode(...prefix.subarray(0, 6)) !== MAGIC) {
    throw new RangeError('not a numpy array file');
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const isFirstVersion = prefix[6] === 1;
  if (!isFirstVersion && prefix.length < 12) throw new RangeError('the file ends inside its header');
  const headerBytes = isFirstVersion ? view.getUint16(8, true) : view.getUint32(8, true);
  const headerBegin = isFirstVersion ? 10 : 12;
  if (headerBytes > LARGEST_HEADER_BYTES) throw new RangeError(`a header of ${headerBytes} bytes`);
  const header = new TextDecoder('latin1').decode(read(headerBegin, headerBytes));
  const kind = /'descr':\s*'([^']*)'/.exec(header)?.[1] ?? 'no simple type';
  const decoder = DECODERS[kind];
  if (decoder === undefined) {
    throw new RangeError(`numbers of the type ${kind}; supported are ${Object.keys(DECODERS).join(', ')}`);
  }
  const shape = /'shape':\s*\(([\d\s,]*)\)/.exec(header)?.[1]?.match(/\d+/g)?.map(Number) ?? [];
  const [frames, channels = 1] = shape;
  if (frames === undefined || shape.length > 2 || channels === 0) {
    throw new RangeError(
      `an array of ${shape.length} dimensions; supported are samples, or samples × channels`,
    );
  }
  const [sampleBytes, decode] = decoder;
  const beginBytes = headerBegin + headerBytes;
  if (beginBytes + frames * channels * sampleBytes > sizeBytes)
    throw new RangeError('the file ends inside its array');
  const isColumnByColumn = channels > 1 && /'fortran_order':\s*True/.test(header);
  return {
    beginBytes,
    frames,
    channels,
    frameBytes: isColumnByColumn ? sampleBytes : sampleBytes * channels,
    channelBytes: isColumnByColumn ? sampleBytes * frames : sampleBytes,
    sampleBytes,
    decode,
  };
}
