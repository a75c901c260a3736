import { CodedError } from '../runtime/errors.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** An identifier as it stands in a path: base64url of its UTF-8 bytes, without padding (IDTA-01002 3.1). */
export function encodeIdentifier(identifier: string): string {
  return Buffer.from(identifier, 'utf8').toString('base64url');
}

/**
 * Reads an identifier from a path or a query. Padding is accepted, since API 3.0 and several clients send it.
 * @throws CodedError `E_INVALID_INPUT` if it is not base64url of UTF-8 text.
 */
export function decodeIdentifier(encoded: string): string {
  const digits = encoded.replace(/={1,2}$/, '');
  const bytes = Buffer.from(digits, 'base64url');
  // Buffer ignores what is not base64url, so the way back must lead to the same digits.
  if (digits === '' || bytes.toString('base64url').length !== digits.length || !/^[\w-]+$/.test(digits)) {
    throw new CodedError('E_INVALID_INPUT', `"${encoded}" is not base64url of an identifier`);
  }
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw new CodedError('E_INVALID_INPUT', `"${encoded}" is not base64url of UTF-8 text`, { cause });
  }
}
