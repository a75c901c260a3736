import type { RequestHandler } from 'express';
import { CodedError } from '../../../runtime/errors.ts';

/** Whether an origin is a page served by this machine. */
export function isLocalOrigin(origin: string): boolean {
  return /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?$/.test(origin);
}

/**
 * Which pages may call: those of this machine always, further ones by setting.
 * @param origins such as `https://ui.example`; `*` for all
 * @param withToken whether callers need a token. Without one, a page that may call may do everything.
 * @throws CodedError `E_INVALID_INPUT` for `*` without a token, or what is no origin
 */
export function originRule(origins: readonly string[], withToken: boolean): (origin: string) => boolean {
  if (origins.includes('*')) {
    if (!withToken) {
      throw new CodedError(
        'E_INVALID_INPUT',
        'pages of all origins (*) may call only where a token is needed',
      );
    }
    return () => true;
  }
  const wrong = origins.find((origin) => !URL.canParse(origin) || new URL(origin).origin !== origin);
  if (wrong !== undefined) {
    throw new CodedError('E_INVALID_INPUT', `"${wrong}" is no origin, such as https://ui.example`);
  }
  return (origin) => isLocalOrigin(origin) || origins.includes(origin);
}

/**
 * Lets pages of the allowed origins call this server. Every answer says so, refusals and `/description` too, since a
 * page cannot read even the refusal otherwise.
 */
export function allowOrigins(isAllowed: (origin: string) => boolean): RequestHandler {
  return (request, response, next) => {
    const { origin } = request.headers;
    response.setHeader('Vary', 'Origin');
    if (origin !== undefined) {
      response.setHeader(
        'Access-Control-Expose-Headers',
        'Location, ETag, Allow, Retry-After, Content-Disposition, Content-Range, X-FileName',
      );
      if (isAllowed(origin)) response.setHeader('Access-Control-Allow-Origin', origin);
    }
    if (request.method !== 'OPTIONS') {
      next();
      return;
    }
    response.set('Access-Control-Allow-Methods', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS');
    response.set('Access-Control-Allow-Headers', request.get('access-control-request-headers') ?? '*');
    response.set('Access-Control-Max-Age', '600');
    response.status(204).end();
  };
}
