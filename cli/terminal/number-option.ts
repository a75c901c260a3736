import { InvalidArgumentError } from 'commander';

/** Parser of a whole-number option. @param minimum, maximum both allowed. */
export function wholeNumber(minimum: number, maximum = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
      const upTo =
        maximum === Number.MAX_SAFE_INTEGER ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
      throw new InvalidArgumentError(`must be a whole number ${upTo}.`);
    }
    return value;
  };
}

/** Parser of a number option. @param minimum not allowed itself. */
export function numberAbove(minimum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value <= minimum) {
      throw new InvalidArgumentError(`must be a number above ${minimum}.`);
    }
    return value;
  };
}

/** Parser of a TCP port; 0 means any free one. */
export const portNumber = wholeNumber(0, 65_535);
