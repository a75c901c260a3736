import type { RequestHandler } from 'express';
import { CodedError } from '../../../runtime/errors.ts';

/** Where a server can be reached; known only once it listens. */
export interface Addresses {
  readonly port: number;
  readonly externalUrl: string | undefined;
  /** Where further pages come from that may call, such as the console's. */
  readonly pages?: Addresses;
}

/**
 * Refuses requests that a web page of another origin makes a browser send: the Host must be a loopback name with the
 * bound port or the external URL's, and an Origin must be one of theirs.
 * @throws CodedError `E_FOREIGN_HOST`, `E_FOREIGN_ORIGIN`
 */
export function hostGuard(addresses: () => Addresses): RequestHandler {
  let hosts: ReadonlySet<string> | undefined;
  let origins: ReadonlySet<string> | undefined;
  return (request, _response, next) => {
    hosts ??= new Set(allowedUrls(addresses()).map((url) => url.host));
    origins ??= new Set(allowedOrigins(addresses()));
    const host = normalise(request.headers.host);
    if (host === undefined || !hosts.has(host)) {
      throw new CodedError(
        'E_FOREIGN_HOST',
        'the request is not for this address; if others reach it under another one, set it as external URL',
      );
    }
    const { origin } = request.headers;
    if (origin !== undefined && !origins.has(origin)) {
      throw new CodedError('E_FOREIGN_ORIGIN', 'the request comes from a page of another origin');
    }
    next();
  };
}

function allowedUrls({ port, externalUrl }: Addresses): URL[] {
  const loopback = ['127.0.0.1', 'localhost', '[::1]'].map((name) => new URL(`http://${name}:${port}`));
  return externalUrl === undefined ? loopback : [...loopback, new URL(externalUrl)];
}

function allowedOrigins(addresses: Addresses): string[] {
  const own = allowedUrls(addresses).map((url) => url.origin);
  return addresses.pages === undefined ? own : [...own, ...allowedOrigins(addresses.pages)];
}

/** The host as URL writes it, so that case and a default port make no difference. */
function normalise(host: string | undefined): string | undefined {
  return host !== undefined && URL.canParse(`http://${host}`) ? new URL(`http://${host}`).host : undefined;
}
