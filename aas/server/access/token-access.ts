import { createHash, timingSafeEqual } from 'node:crypto';
import { CodedError } from '../../../runtime/errors.ts';
import type { AccessControl, Caller } from './access-control.ts';

const NOBODY: Caller = { known: false, roles: [] };
const OPERATOR: Caller = { known: true, roles: ['operator'] };

/** Lets those do everything who show the token as bearer, and nobody else anything. */
export function tokenAccess(token: string): AccessControl {
  const expected = digest(token);
  return {
    identify(request) {
      const { authorization } = request.headers;
      if (authorization === undefined) return NOBODY;
      const bearer = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
      if (bearer !== undefined && timingSafeEqual(digest(bearer), expected)) return OPERATOR;
      throw new CodedError('E_UNAUTHORIZED', 'the bearer is not the API token');
    },
    decide: ({ caller }) => (caller.known ? 'allow' : 'authenticate'),
  };
}

/** Of equal length whatever the text, so that a comparison tells nothing about it. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
