import { naturalLogarithm } from './portable/natural-logarithm.ts';
import { sha256Words } from './portable/sha-256.ts';

/** What a stream of random numbers is for. Equal keys give equal streams, any other key an unrelated one. */
export interface RandomKey {
  /** The run's, an integer from 0. */
  readonly seed: number;
  /** From 1; 0 before the first. */
  readonly round: number;
  /** The participant's id, or `main` where the choice is nobody's own. */
  readonly participant: string;
  /** What is drawn, such as `shuffle/3` or `initial-weights/dense_1/kernel`. */
  readonly purpose: string;
}

/** A reproducible stream of random numbers: the same bits on every platform and version of Node. Not for secrets. */
export interface RandomStream {
  /** An integer from 0 to 2^32 - 1. */
  nextUint32(): number;
  /** At least 0 and below 1, a multiple of 2^-53. */
  uniform(): number;
  /** Of the normal distribution with mean 0 and standard deviation 1. */
  normal(): number;
  /**
   * An integer from 0 to `bound` - 1, each as likely as the others.
   * @param bound an integer from 1 to 2^32.
   */
  integer(bound: number): number;
  /** Brings the items into a random order, in place, and returns them. */
  shuffle<Items extends Shufflable>(items: Items): Items;
}

/** An array or typed array. */
export interface Shufflable {
  readonly length: number;
  [index: number]: unknown;
}

const TWO_TO_32 = 2 ** 32;

/** Changes whenever the same key would give another stream. */
const GENERATION = 'fedshell-random-1';

/**
 * The stream of a key: xoshiro128** 1.1 (D. Blackman, S. Vigna: Scrambled linear pseudorandom number generators, ACM
 * TOMS 47(4), 2021), its 128 bits of state the first half of the SHA-256 of the key. Streams are therefore independent
 * of each other and of the order in which they are used.
 * @throws RangeError for a seed or round that is no integer from 0.
 */
export function randomStream(key: RandomKey): RandomStream {
  return new Xoshiro128(key);
}

class Xoshiro128 implements RandomStream {
  readonly #state: Uint32Array;
  #spareNormal: number | undefined;

  constructor({ seed, round, participant, purpose }: RandomKey) {
    if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError('a seed is an integer from 0');
    if (!Number.isSafeInteger(round) || round < 0) throw new RangeError('a round is an integer from 0');
    // JSON keeps the members apart: no two keys have the same text.
    const text = JSON.stringify([GENERATION, seed, round, participant, purpose]);
    this.#state = sha256Words(new TextEncoder().encode(text)).slice(0, 4);
    // The one state that xoshiro cannot leave; no known key leads there.
    if (this.#state.every((word) => word === 0)) this.#state[0] = 1;
  }

  nextUint32(): number {
    const state = this.#state;
    const second = state[1]!;
    const scrambled = Math.imul(second, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    state[2]! ^= state[0]!;
    state[3]! ^= second;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= second << 9;
    state[3] = (state[3]! << 11) | (state[3]! >>> 21);
    return result;
  }

  uniform(): number {
    const high = this.nextUint32() >>> 5;
    const low = this.nextUint32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** The polar method (G. Marsaglia, T. A. Bray: A convenient method for generating normal variables, 1964). */
  normal(): number {
    const spare = this.#spareNormal;
    if (spare !== undefined) {
      this.#spareNormal = undefined;
      return spare;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * naturalLogarithm(square)) / square);
      this.#spareNormal = y * factor;
      return x * factor;
    }
  }

  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > TWO_TO_32) {
      throw new RangeError('a bound is an integer from 1 to 2^32');
    }
    // Numbers from the last multiple of the bound on would make the small remainders likelier.
    const limit = TWO_TO_32 - (TWO_TO_32 % bound);
    let number = this.nextUint32();
    while (number >= limit) number = this.nextUint32();
    return number % bound;
  }

  shuffle<Items extends Shufflable>(items: Items): Items {
    const cells: Shufflable = items;
    for (let last = cells.length - 1; last > 0; last--) {
      const chosen = this.integer(last + 1);
      const kept = cells[last];
      cells[last] = cells[chosen];
      cells[chosen] = kept;
    }
    return items;
  }
}
