import fc from 'fast-check';
import { isValueOf, valueFromJson, valueToJson } from '../../aas/data-types.ts';
import { joinPath, parseIdShortPath, splitPath } from '../../aas/id-short-path.ts';
import { decodeIdentifier, encodeIdentifier } from '../../aas/identifier-encoding.ts';

describe('an identifier', () => {
  it('comes back from base64url, with and without padding', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (identifier) => {
        const encoded = encodeIdentifier(identifier);
        const padding = '='.repeat((4 - (encoded.length % 4)) % 4);

        expect(encoded).not.toContain('=');
        expect(decodeIdentifier(encoded)).toBe(identifier);
        expect(decodeIdentifier(encoded + padding)).toBe(identifier);
      }),
    );
  });
});

describe('an idShortPath', () => {
  it('comes back from its steps', () => {
    const idShort = fc
      .stringMatching(/^[a-zA-Z][a-zA-Z0-9_-]{0,5}[a-zA-Z0-9_]$/)
      .map((name) => ({ idShort: name }));
    const index = fc.nat({ max: 1000 }).map((number) => ({ index: number }));
    fc.assert(
      fc.property(idShort, fc.array(fc.oneof(idShort, index), { maxLength: 6 }), (first, rest) => {
        const steps = [first, ...rest];
        const path = steps.reduce(joinPath, '');

        expect(parseIdShortPath(path)).toEqual(steps);
        const { parent, step } = splitPath(path);
        expect(joinPath(parent, step)).toBe(path);
      }),
    );
  });

  it.each(['', '.', 'a.', '.a', 'a b', 'a[', 'a[01]', 'a[-1]', 'a[0]b', '[0]', 'a[1e3]', '1a'])(
    'is refused: "%s"',
    (path) => {
      expect(() => parseIdShortPath(path)).toThrow(expect.objectContaining({ code: 'E_INVALID_INPUT' }));
    },
  );
});

describe('a value', () => {
  it.each([
    ['xs:int', '2147483647', true],
    ['xs:int', '2147483648', false],
    ['xs:unsignedByte', '256', false],
    ['xs:double', '-1.5e-3', true],
    ['xs:double', 'NaN', true],
    ['xs:double', '', false],
    ['xs:boolean', 'yes', false],
    ['xs:dateTime', '2026-01-02T03:04:05.678Z', true],
    ['xs:dateTime', '2026-01-02', false],
    ['xs:duration', 'P', false],
    ['xs:duration', 'PT1.5S', true],
    ['xs:nothing', 'x', false],
  ])('of %s: "%s" is %s', (type, text, expected) => {
    expect(isValueOf(type, text)).toBe(expected);
  });

  it('of a finite double keeps all its digits on the way to JSON and back', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const text = valueFromJson('xs:double', number) ?? '';

        // JSON has one zero only.
        expect(valueToJson('xs:double', text)).toBe(number === 0 ? 0 : number);
      }),
    );
  });
});
