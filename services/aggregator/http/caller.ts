import { timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import type { Admission } from '../admission.ts';
import { hashSecret } from '../secrets.ts';

/** Who sent a request: a person (or a program of theirs), a trainer, or somebody who showed nothing. */
export type Caller =
  | { readonly kind: 'operator' }
  | { readonly kind: 'trainer'; readonly pool: string; readonly key: string }
  | { readonly kind: 'nobody' };

const CALLERS = new WeakMap<Request, Caller>();

/**
 * Finds out who calls, by the `Authorization` header. Without an API token everybody who reaches the loopback address
 * is an operator.
 * @throws CodedError `E_UNAUTHORIZED` for a bearer that is neither the token nor a trainer's key.
 */
export function callerReader(
  admission: Admission,
  apiToken: string | undefined,
): (authorization: string | undefined) => Caller {
  const tokenHash = apiToken === undefined ? undefined : Buffer.from(hashSecret(apiToken), 'hex');
  return (authorization) => {
    if (authorization === undefined)
      return tokenHash === undefined ? { kind: 'operator' } : { kind: 'nobody' };
    const bearer = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
    if (bearer !== undefined) {
      if (tokenHash !== undefined && timingSafeEqual(Buffer.from(hashSecret(bearer), 'hex'), tokenHash)) {
        return { kind: 'operator' };
      }
      const pool = admission.poolOfKey(bearer);
      if (pool !== undefined) return { kind: 'trainer', pool: pool.id, key: bearer };
    }
    throw new CodedError('E_UNAUTHORIZED', 'the bearer is neither the API token nor the key of a trainer');
  };
}

/** Notes for the handlers who calls. @throws CodedError `E_UNAUTHORIZED` as `callerReader` */
export function identifyCaller(admission: Admission, apiToken: string | undefined): RequestHandler {
  const readCaller = callerReader(admission, apiToken);
  return (request, _response, next) => {
    CALLERS.set(request, readCaller(request.headers.authorization));
    next();
  };
}

export function callerOf(request: Request): Caller {
  return CALLERS.get(request) ?? { kind: 'nobody' };
}

/** Lets an operator or a trainer pass, as for everything that is only read. @throws CodedError `E_UNAUTHORIZED` */
export const requireReader: RequestHandler = (request, _response, next) => {
  if (callerOf(request).kind === 'nobody') throw unauthorized();
  next();
};

/** Lets an operator pass. @throws CodedError `E_UNAUTHORIZED`, `E_FORBIDDEN` */
export const requireOperator: RequestHandler = (request, _response, next) => {
  const caller = callerOf(request);
  if (caller.kind === 'nobody') throw unauthorized();
  if (caller.kind === 'trainer') {
    throw new CodedError('E_FORBIDDEN', `the key of pool ${caller.pool} is no API token`);
  }
  next();
};

/** The pool that calls. @throws CodedError `E_UNAUTHORIZED` if it is no trainer. */
export function trainerOf(request: Request): string {
  const caller = callerOf(request);
  if (caller.kind === 'trainer') return caller.pool;
  throw new CodedError('E_UNAUTHORIZED', "this needs a trainer's key as bearer");
}

function unauthorized(): CodedError {
  return new CodedError('E_UNAUTHORIZED', 'this needs the API token as bearer');
}
