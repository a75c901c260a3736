import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { type RandomKey, randomStream } from '../../learning/random.ts';

const KEY: RandomKey = { seed: 1, round: 2, participant: 'press-1', purpose: 'shuffle/0' };

const anyKey = fc.record({
  seed: fc.maxSafeNat(),
  round: fc.nat(),
  participant: fc.string(),
  purpose: fc.string(),
});

function draw(key: RandomKey, count = 8): number[] {
  const stream = randomStream(key);
  return Array.from({ length: count }, () => stream.nextUint32());
}

/** xoshiro128** 1.1 as its authors publish it, in BigInt. */
function* reference(state: bigint[]): Generator<number> {
  const mask = 0xffffffffn;
  const rotate = (x: bigint, bits: bigint): bigint => ((x << bits) | (x >> (32n - bits))) & mask;
  for (;;) {
    yield Number((rotate((state[1]! * 5n) & mask, 7n) * 9n) & mask);
    const shifted = (state[1]! << 9n) & mask;
    state[2]! ^= state[0]!;
    state[3]! ^= state[1]!;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= shifted;
    state[3] = rotate(state[3]!, 11n);
  }
}

function take(numbers: Generator<number>, count: number): number[] {
  return Array.from({ length: count }, () => numbers.next().value);
}

describe('a random stream', () => {
  it('is xoshiro128** of the SHA-256 of its key', () => {
    expect(take(reference([1n, 2n, 3n, 4n]), 4)).toEqual([11520, 0, 5927040, 70819200]);
    fc.assert(
      fc.property(anyKey, (key) => {
        const text = JSON.stringify(['fedshell-random-1', key.seed, key.round, key.participant, key.purpose]);
        const hash = createHash('sha256').update(text).digest();
        const state = [0, 4, 8, 12].map((offset) => BigInt(hash.readUInt32BE(offset)));

        expect(draw(key)).toEqual(take(reference(state), 8));
      }),
    );
  });

  it('has the same bits on every version of Node', () => {
    const stream = randomStream(KEY);
    const hash = createHash('sha256');

    const normals = Float64Array.from({ length: 10_000 }, () => stream.normal());
    const digest = hash.update(new Uint8Array(normals.buffer)).digest('hex');

    expect(draw(KEY, 3)).toEqual([1982157801, 2634172865, 3123907815]);
    expect(digest).toBe('73e6a48ff5f1e6c7430ec1a300076ac076f4d23bc485541e371a5bb27fbd6e0e');
  });

  it('depends on every member of its key', () => {
    const others: Partial<RandomKey>[] = [
      { seed: 2 },
      { round: 1 },
      { participant: 'press-2' },
      { purpose: 'shuffle/1' },
      { participant: 'press-1","shuffle/0', purpose: '' },
    ];

    const streams = [KEY, ...others.map((other) => ({ ...KEY, ...other }))].map((key) => draw(key).join());

    expect(new Set(streams).size).toBe(streams.length);
  });

  it('does not depend on what is drawn from other streams, or when', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(anyKey, { selector: (key) => JSON.stringify(key), minLength: 2, maxLength: 4 }),
        fc.array(fc.nat(), { maxLength: 40 }),
        (keys, turns) => {
          const streams = keys.map((key) => randomStream(key));
          const drawn: number[][] = keys.map(() => []);

          for (const turn of turns) {
            const index = turn % keys.length;
            drawn[index]!.push(streams[index]!.nextUint32());
          }

          expect(drawn).toEqual(keys.map((key, index) => draw(key, drawn[index]!.length)));
        },
      ),
    );
  });

  it('draws uniform numbers from 0 to below 1', () => {
    const stream = randomStream(KEY);

    const numbers = Array.from({ length: 20_000 }, () => stream.uniform());

    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    expect(moment(numbers, 1)).toBeCloseTo(1 / 2, 2);
    expect(moment(numbers, 2)).toBeCloseTo(1 / 3, 2);
  });

  it('draws normal numbers with mean 0, deviation 1 and the tails of a normal distribution', () => {
    const stream = randomStream(KEY);

    const numbers = Array.from({ length: 100_000 }, () => stream.normal());

    expect(moment(numbers, 1)).toBeCloseTo(0, 1);
    expect(moment(numbers, 2)).toBeCloseTo(1, 1);
    expect(moment(numbers, 3)).toBeCloseTo(0, 0);
    expect(moment(numbers, 4) / 3).toBeCloseTo(1, 1);
    const beyondTwo = numbers.filter((number) => Math.abs(number) > 2).length / numbers.length;
    expect(beyondTwo).toBeCloseTo(0.0455, 2);
  });

  it('draws each integer below a bound equally often', () => {
    const stream = randomStream(KEY);
    const counts = [0, 0, 0];

    for (let index = 0; index < 30_000; index++) counts[stream.integer(3)]! += 1;

    for (const count of counts) expect(count / 10_000).toBeCloseTo(1, 1);
  });

  it('draws integers up to the largest bound and refuses others', () => {
    const stream = randomStream(KEY);

    expect(stream.integer(1)).toBe(0);
    expect(stream.integer(2 ** 32)).toBeLessThan(2 ** 32);
    for (const bound of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN]) {
      expect(() => stream.integer(bound)).toThrow(RangeError);
    }
  });

  it('shuffles in place and loses nothing', () => {
    fc.assert(
      fc.property(anyKey, fc.array(fc.integer()), (key, items) => {
        const shuffled = [...items];
        const returned = randomStream(key).shuffle(shuffled);

        expect(returned).toBe(shuffled);
        expect([...shuffled].sort()).toEqual([...items].sort());
      }),
    );
  });

  it('brings three items into each of their six orders', () => {
    const orders = new Set(
      Array.from({ length: 200 }, (_, seed) =>
        randomStream({ ...KEY, seed })
          .shuffle(Uint32Array.of(1, 2, 3))
          .join(),
      ),
    );

    expect(orders.size).toBe(6);
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('refuses the seed %d', (seed) => {
    expect(() => randomStream({ ...KEY, seed })).toThrow(RangeError);
  });
});

function moment(numbers: readonly number[], power: number): number {
  return numbers.reduce((sum, number) => sum + number ** power, 0) / numbers.length;
}
