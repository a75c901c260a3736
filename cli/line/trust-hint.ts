import { relative } from 'node:path';
import { CodedError, toCodedError } from '../../runtime/errors.ts';

const APPROVE = /(fedshell trust approve [0-9a-f]+)/g;

/** Adds to the command that approves a certificate in which folder it was refused: these commands belong to no trainer. */
export function withTrustFolder(message: string, pkiFolder: string): string {
  const folder = relative('.', pkiFolder);
  return message.replace(APPROVE, `$1 --pki ${folder === '' ? '.' : folder}`);
}

/** The value of `work`. @throws CodedError what it throws, with that folder named in its message */
export async function tellingTrustFolder<Value>(pkiFolder: string, work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (thrown) {
    const { code, message, faults, details } = toCodedError(thrown);
    throw new CodedError(code, withTrustFolder(message, pkiFolder), { cause: thrown, faults, details });
  }
}
