const LN2_HIGH = 6.931471803691238e-1;
const LN2_LOW = 1.9082149292705877e-10;
const EXPONENT_BIAS = 1023;
const SMALLEST_NORMAL = 2.2250738585072014e-308;
const TWO_TO_54 = 18014398509481984;

/** Minimax coefficients of fdlibm's e_log.c, from the highest power down. */
const [LG7, LG6, LG5, LG4, LG3, LG2, LG1] = [
  1.4798198605116586e-1, 1.5313837699209373e-1, 1.818357216161805e-1, 2.2222198432149784e-1,
  2.857142874366239e-1, 3.999999999940942e-1, 6.666666666666735e-1,
] as const;

const bits = new DataView(new ArrayBuffer(8));

/**
 * Natural logarithm within one unit in the last place. `Math.log` may round differently on another platform or version
 * of Node; this is made of + - * / alone, which are exact in IEEE 754, and so gives the same bits everywhere. Method:
 * K. C. Ng, fdlibm 5.3, e_log.c (Sun Microsystems, 1993): x = 2^k (1 + f), log(1 + f) by a polynomial in f / (2 + f).
 */
export function naturalLogarithm(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  const isSubnormal = x < SMALLEST_NORMAL;
  bits.setFloat64(0, isSubnormal ? x * TWO_TO_54 : x);
  const high = bits.getUint32(0);
  let exponent = (high >>> 20) - EXPONENT_BIAS - (isSubnormal ? 54 : 0);
  bits.setUint32(0, (high & 0x000fffff) | (EXPONENT_BIAS << 20));
  let mantissa = bits.getFloat64(0);
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const f = mantissa - 1;
  const s = f / (2 + f);
  const z = s * s;
  const polynomial = z * (LG1 + z * (LG2 + z * (LG3 + z * (LG4 + z * (LG5 + z * (LG6 + z * LG7))))));
  const halfSquare = 0.5 * f * f;
  return exponent * LN2_HIGH - (halfSquare - (s * (halfSquare + polynomial) + exponent * LN2_LOW) - f);
}
