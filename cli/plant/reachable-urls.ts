import { CodedError } from '../../runtime/errors.ts';

interface UrlOptions {
  readonly host?: string;
  readonly externalUrl?: string;
  readonly aasExternalUrl?: string;
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

/**
 * The URL under which others reach the API of a server that listens beyond this machine; undefined for one that does
 * not, whose bound address is the right one. A wildcard such as 0.0.0.0 is no address to publish.
 * @throws CodedError `E_INVALID_INPUT` if such a server lacks one of its external URLs
 */
export function publicApiUrl({ host, externalUrl, aasExternalUrl }: UrlOptions): string | undefined {
  if (host === undefined || LOOPBACK.test(host)) return undefined;
  if (externalUrl === undefined || aasExternalUrl === undefined) {
    throw new CodedError(
      'E_INVALID_INPUT',
      `--host ${host} serves others: --external-url and --aas-external-url must say under which URLs they reach API and AAS`,
    );
  }
  return externalUrl.replace(/\/+$/, '');
}
