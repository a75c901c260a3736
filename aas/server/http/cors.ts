import type { RequestHandler } from 'express';

/** Whether an origin is a page served by this machine. */
export function isLocalOrigin(origin: string): boolean {
  return /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?$/.test(origin);
}

/**
 * Lets pages of the allowed origins call this server. Every answer says so, refusals and `/description` too, since a
 * page cannot read even the refusal otherwise.
 */
export function allowOrigins(isAllowed: (origin: string) => boolean): RequestHandler {
  return (request, response, next) => {
    const origin = request.get('origin');
    response.vary('Origin');
    response.set('Access-Control-Expose-Headers', 'Location, ETag, Content-Disposition, Content-Range');
    if (origin !== undefined && isAllowed(origin)) response.set('Access-Control-Allow-Origin', origin);
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
