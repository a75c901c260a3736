const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const LARGEST = 709.782712893384;
const SMALLEST = -745.1332191019411;
const TWO_TO_MINUS_60 = 2 ** -60;

/** Minimax coefficients of fdlibm's e_exp.c. */
const [P1, P2, P3, P4, P5] = [
  0.16666666666666602, -0.0027777777777015593, 6.613756321437934e-5, -1.6533902205465252e-6,
  4.1381367970572385e-8,
] as const;

const bits = new DataView(new ArrayBuffer(8));

/**
 * e^x within one unit in the last place. `Math.exp` may round differently on another platform or version of Node; this
 * is made of + - * / alone and gives the same bits everywhere. Method: K. C. Ng, fdlibm 5.3, e_exp.c (Sun Microsystems,
 * 1993): x = k ln 2 + r, e^r by a rational function of r.
 */
export function exponential(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > LARGEST) return Number.POSITIVE_INFINITY;
  if (x < SMALLEST) return 0;
  const power = Math.round(x / Math.LN2);
  const high = x - power * LN2_HIGH;
  const low = power * LN2_LOW;
  const r = high - low;
  const z = r * r;
  const c = r - z * (P1 + z * (P2 + z * (P3 + z * (P4 + z * P5))));
  const value = 1 - (low - (r * c) / (2 - c) - high);
  // A power of two that is no normal number is reached in two exact steps but for the last rounding.
  if (power < -1021) return value * powerOfTwo(power + 60) * TWO_TO_MINUS_60;
  return power === 1024 ? value * 2 * powerOfTwo(1023) : value * powerOfTwo(power);
}

/** @param exponent from -1022 to 1023. */
function powerOfTwo(exponent: number): number {
  bits.setUint32(0, (exponent + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}
