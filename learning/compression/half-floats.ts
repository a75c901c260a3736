import { CodedError } from '../../runtime/errors.ts';
import type { Codec, CompressionSpec } from './codec.ts';

const LARGEST = 65_504;
const bits = new DataView(new ArrayBuffer(4));

/** 16-bit floats (IEEE 754 binary16), to the nearest, ties to even: half the bytes, an error of at most 2^-11 of a value. */
export function halfFloats(spec: CompressionSpec): Codec {
  return {
    spec,
    isDense: true,
    isShared: true,
    layout: (count) => [{ suffix: '', dtype: 'F16', count }],
    encode: (values) => [{ suffix: '', dtype: 'F16', values: Uint16Array.from(values, halfOf) }],
    decode: ([halves]) => Float32Array.from(halves!, floatOf),
  };
}

/** @throws CodedError `E_UPDATE_OUT_OF_RANGE` beyond ±65504, and for what is not a number. */
function halfOf(value: number): number {
  bits.setFloat32(0, value);
  const word = bits.getUint32(0);
  const sign = (word >>> 16) & 0x8000;
  const magnitude = Math.abs(value);
  // From 65520 on the nearest half is infinite.
  if (!(magnitude < LARGEST + 16)) {
    throw new CodedError('E_UPDATE_OUT_OF_RANGE', `${value} is beyond the range of 16-bit floats`);
  }
  if (magnitude < 2 ** -14) return sign | nearestEven(magnitude * 2 ** 24);
  const exponent = ((word >>> 23) & 0xff) - 127;
  // A fraction that rounds up to 1024 carries into the exponent, as it should.
  return sign | (((exponent + 15) << 10) + nearestEven((magnitude / 2 ** exponent - 1) * 1024));
}

function nearestEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest > 0.5 ? floor + 1 : floor;
  return floor + (floor % 2);
}

/** The value of the 16 bits of a half. */
export function floatOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
