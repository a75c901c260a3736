import { CodedError } from '../../runtime/errors.ts';

/**
 * The name of the part, without a slash before it, that a reference from another part leads to.
 * @param source the part that the reference stands in; empty for the package itself.
 * @throws CodedError `E_AASX_REFUSED` if it leads out of the package
 */
export function partTarget(source: string, reference: string): string {
  const path = reference.replace(/^file:(\/\/)?/i, '').split(/[?#]/)[0] ?? '';
  const steps = path.startsWith('/') ? [] : source.split('/').slice(0, -1);
  for (const step of path.split('/')) {
    if (step === '' || step === '.') continue;
    if (step !== '..') steps.push(step);
    else if (steps.pop() === undefined) {
      throw new CodedError(
        'E_AASX_REFUSED',
        `the reference "${reference.slice(0, 200)}" leads out of the package`,
      );
    }
  }
  return steps.join('/');
}

/** Whether the value of a File, or the path of a thumbnail, is a place in a package and no address elsewhere. */
export function isPartReference(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value !== '' &&
    (!/^[a-z][a-z0-9+.-]*:/i.test(value) || /^file:/i.test(value))
  );
}
