import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, describeError, ERROR_CODES, isErrorCode, toCodedError } from '../../runtime/errors.ts';
import { packageRoot } from '../../runtime/package-root.ts';

describe('the error table', () => {
  const remedies = readFileSync(join(packageRoot(), 'docs', 'errors.md'), 'utf8');

  it('has a remedy in docs/errors.md for every code, and no remedy for a code that is gone', () => {
    const documented = [...remedies.matchAll(/^\| `(E_[A-Z_]+)` \|/gm)].map(([, code]) => code);
    expect(documented.sort()).toEqual([...ERROR_CODES].sort());
  });

  it('says "Again" in the remedy exactly for what may succeed later', () => {
    const again = [...remedies.matchAll(/^\| `(E_[A-Z_]+)` \| (.*)$/gm)]
      .filter(([, , text]) => text?.includes('*Again.*'))
      .map(([, code]) => code);
    const retryable = ERROR_CODES.filter((code) => new CodedError(code, '').retryable);
    expect(again.sort()).toEqual([...retryable].sort());
  });

  it('has only HTTP statuses of failures', () => {
    for (const code of ERROR_CODES) {
      expect(new CodedError(code, '').status).toBeGreaterThanOrEqual(400);
      expect(isErrorCode(code)).toBe(true);
    }
  });
});

describe('toCodedError', () => {
  it('keeps a coded error and gives known system errors their code', () => {
    const coded = new CodedError('E_NOT_FOUND', 'no such run');
    const full = Object.assign(new Error('write'), { code: 'ENOSPC' });
    const unknown = new Error('surprise');

    expect(toCodedError(coded)).toBe(coded);
    expect(toCodedError(full)).toMatchObject({ code: 'E_DISK_FULL', cause: full });
    expect(toCodedError(unknown)).toMatchObject({ code: 'E_INTERNAL', message: 'surprise' });
    expect(toCodedError('text')).toMatchObject({ code: 'E_INTERNAL', message: 'text' });
  });
});

describe('describeError', () => {
  it('names the code, the sentence and every fault with its line, but no stack', () => {
    const error = new CodedError('E_INVALID_INPUT', 'plant.yaml has 2 faults', {
      faults: [
        { path: '/pool/slots', line: 7, message: 'must be >= 1' },
        { path: '', message: 'unknown key' },
      ],
    });
    expect(describeError(error)).toBe(
      'E_INVALID_INPUT: plant.yaml has 2 faults\n  line 7: /pool/slots: must be >= 1\n  unknown key',
    );
  });
});
