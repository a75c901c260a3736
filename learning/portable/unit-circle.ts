/** A point of the unit circle. */
export interface CirclePoint {
  readonly cosine: number;
  readonly sine: number;
}

const EIGHTH: CirclePoint = { cosine: Math.SQRT1_2, sine: Math.SQRT1_2 };

/** Minimax coefficients of fdlibm's k_cos.c and k_sin.c, from the highest power down, for |x| at most pi / 4. */
const COSINE = [
  -1.1359647557788195e-11, 2.087572321298175e-9, -2.7557314351390663e-7, 2.480158728947673e-5,
  -1.388888888887411e-3, 4.16666666666666e-2,
];
const SINE = [
  1.58969099521155e-10, -2.5050760253406863e-8, 2.7557313707070068e-6, -1.984126982985795e-4,
  8.33333333332249e-3, -1.6666666666666632e-1,
];

/**
 * Cosine and sine of the angle 2 pi `numerator` / `denominator`. `Math.cos` may round differently on another platform
 * or version of Node; this is made of + - * / and integers alone and gives the same bits everywhere. The octant is
 * found in integers, so that symmetric angles have symmetric values. Polynomials: fdlibm 5.3 (Sun Microsystems, 1993).
 * @param numerator integer from 0; 8 times the denominator must be a safe integer.
 * @param denominator integer from 1.
 */
export function pointOnUnitCircle(numerator: number, denominator: number): CirclePoint {
  const eighths = (numerator % denominator) * 8;
  const octant = Math.floor(eighths / denominator);
  const isOdd = octant % 2 === 1;
  const within = isOdd ? (octant + 1) * denominator - eighths : eighths - octant * denominator;
  // At an eighth the two polynomials could differ by their last bit.
  const small = within === denominator ? EIGHTH : pointBelowEighth((Math.PI * within) / (4 * denominator));
  const { cosine, sine } = isOdd ? { cosine: small.sine, sine: small.cosine } : small;
  // In odd octants the angle was measured back from the next octant's start, in even ones from their own.
  switch (Math.floor(octant / 2)) {
    case 0:
      return { cosine, sine };
    case 1:
      return { cosine: -sine, sine: cosine };
    case 2:
      return { cosine: -cosine, sine: -sine };
    default:
      return { cosine: sine, sine: -cosine };
  }
}

function pointBelowEighth(x: number): CirclePoint {
  const z = x * x;
  return { cosine: 1 - (0.5 * z - z * z * polynomial(COSINE, z)), sine: x + x * z * polynomial(SINE, z) };
}

function polynomial(coefficients: readonly number[], z: number): number {
  let value = 0;
  for (const coefficient of coefficients) value = value * z + coefficient;
  return value;
}
