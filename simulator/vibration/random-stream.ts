/** Random numbers that depend on their key alone. */
export interface RandomStream {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Puts an array into random order, in place, and returns it. */
  shuffle<Value>(values: Value[]): Value[];
}

/**
 * The random stream of a key, such as `3/machine-1/segment/7`: sfc32 (PractRand) seeded by FNV-1a hashes of the key, so
 * that any segment can be made without those before it.
 */
export function randomStream(key: string): RandomStream {
  let [a, b, c, counter] = [hash(`a${key}`), hash(`b${key}`), hash(`c${key}`), 1];
  const uniform = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 0x1_0000_0000;
  };
  for (let index = 0; index < 12; index += 1) uniform();
  let spare: number | undefined;
  return {
    uniform,
    normal: () => {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      // Box and Muller, 1958; 1 - u is never 0.
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    shuffle: (values) => {
      for (let index = values.length - 1; index > 0; index -= 1) {
        const other = Math.floor(uniform() * (index + 1));
        [values[index], values[other]] = [values[other]!, values[index]!];
      }
      return values;
    },
  };
}

function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value | 0;
}
