import { LeakSearch } from '../support/leak-search.ts';

const samples = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i * 1.7) * 0.37 + i * 1e-3);
const search = new LeakSearch([samples]);
const eight = samples.slice(20, 28);

/** Hides `leak` in bytes that have nothing to do with it, at an odd offset. */
function hide(leak: Buffer): Buffer {
  const noise = Buffer.from(Array.from({ length: 301 }, (_, i) => (i * 73 + 11) % 251));
  return Buffer.concat([noise, leak, noise]);
}

function littleEndian(values: Float32Array, bytes: 4 | 8): Buffer {
  const buffer = Buffer.alloc(values.length * bytes);
  values.forEach((value, i) => {
    if (bytes === 4) buffer.writeFloatLE(value, i * 4);
    else buffer.writeDoubleLE(value, i * 8);
  });
  return buffer;
}

describe('the search for leaked samples', () => {
  it.each([
    ['f32', hide(littleEndian(eight, 4))],
    ['f64', hide(littleEndian(eight, 8))],
    ['decimal text', hide(Buffer.from(JSON.stringify([...eight])))],
    [
      'decimal text',
      hide(Buffer.from([...eight].map((value) => Math.fround(value).toPrecision(9)).join(';\n'))),
    ],
  ])('finds eight consecutive samples planted as %s', (form, captured) => {
    expect(search.search(captured)).toContainEqual({ form, sequence: 0 });
  });

  it.each([0, 1, 2])('finds them in base64 of phase %d', (phase) => {
    for (const [form, bytes] of [
      ['base64 of f32', 4],
      ['base64 of f64', 8],
    ] as const) {
      const text = Buffer.concat([Buffer.alloc(phase, 7), littleEndian(eight, bytes)]).toString('base64');
      expect(search.search(hide(Buffer.from(`{"x":"${text}"}`)))).toContainEqual({ form, sequence: 0 });
    }
  });

  it('does not take seven samples, other numbers or noise for a leak', () => {
    const innocent = [
      littleEndian(samples.slice(20, 27), 4),
      Buffer.from('[1,2,3,4,5,6,7,8,9]'),
      Buffer.alloc(500),
    ];
    expect(search.search(hide(Buffer.concat(innocent)))).toEqual([]);
  });
});
