const TOLERANCE = 1e-5;

/** What a backend that is not ours does worse than the rest; infinite for what it refuses. */
const KNOWN: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  // It adds up columns in single precision, one row after the other, and knows no padding given as a number.
  tensorflow: {
    'mean of many places': 1e-3,
    'add to many places': 1e-3,
    'conv2d, own padding': Number.POSITIVE_INFINITY,
  },
};

/** Largest difference that an operation may have on a backend, over the largest value. */
export function toleranceOf(backend: string, operation: string): number {
  return KNOWN[backend]?.[operation] ?? TOLERANCE;
}
