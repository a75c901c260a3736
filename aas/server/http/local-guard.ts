import type { RequestHandler } from 'express';
import { CodedError } from '../../../runtime/errors.ts';

/**
 * Refuses requests meant for another host (a page that rebinds its name to this address) or sent by a page that may
 * not call. It stands where no token is needed.
 * @param hosts allowed values of `Host`, such as `127.0.0.1:8601`; asked for each request, as the port is known late.
 */
export function localGuard(
  hosts: () => readonly string[],
  isAllowedOrigin: (origin: string) => boolean,
): RequestHandler {
  return (request, _response, next) => {
    const { host = '', origin } = request.headers;
    if (!hosts().includes(host)) {
      next(new CodedError('E_FOREIGN_HOST', `requests for the host "${host}" are not answered here`));
    } else if (
      origin !== undefined &&
      !isAllowedOrigin(origin) &&
      !hosts().includes(origin.replace(/^https?:\/\//, ''))
    ) {
      next(new CodedError('E_FOREIGN_ORIGIN', `requests of pages from ${origin} are not answered here`));
    } else next();
  };
}
