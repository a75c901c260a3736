import { existsSync, readFileSync } from 'node:fs';
import { CodedError } from '../../runtime/errors.ts';

/** Settings of the aggregator; docs/operations.md lists them. */
export interface AggregatorSettings {
  /** The state folder; this process becomes its one owner. */
  readonly folder: string;
  /**
   * Address to listen on. Another than a loopback address needs an API token.
   * @defaultValue 127.0.0.1
   */
  readonly host?: string;
  /** Port of API and console; 0 takes any free one. */
  readonly port: number;
  /** Port of the AAS; 0 takes any free one. */
  readonly aasPort: number;
  readonly redis: { readonly url: string; readonly passwordFile?: string };
  /** A file with the API token. With a token, every request but health checks needs it as bearer. */
  readonly apiTokenFile?: string;
  /** The URL under which others reach the API, where that is not the bound address. */
  readonly externalUrl?: string;
  /** The URL under which others reach the AAS; it stands in descriptors. */
  readonly aasExternalUrl?: string;
  /**
   * Beginning of all AAS ids.
   * @defaultValue `urn:fedshell:` and the installation's id.
   */
  readonly idBase?: string;
  /** Who answers for what is published in the AAS. */
  readonly contact?: { readonly company: string; readonly department?: string };
  /**
   * Silence after which a pool's participants are offline.
   * @defaultValue 10_000
   */
  readonly offlineAfterMs?: number;
  /**
   * Longest model file that is accepted.
   * @defaultValue 2 GiB
   */
  readonly maximumModelBytes?: number;
  /** Check the API's own answers against its description; for tests. */
  readonly validateResponses?: boolean;
}

/** Settings with every default filled in and secrets read. */
export interface ResolvedSettings extends AggregatorSettings {
  readonly host: string;
  readonly apiToken: string | undefined;
  readonly offlineAfterMs: number;
  readonly maximumModelBytes: number;
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

/**
 * Fills in defaults and reads the token.
 * @throws CodedError `E_HOST_WITHOUT_TOKEN`, `E_FILE_NOT_FOUND`, `E_INVALID_INPUT`
 */
export function resolveSettings(settings: AggregatorSettings): ResolvedSettings {
  const host = settings.host ?? '127.0.0.1';
  const apiToken = settings.apiTokenFile === undefined ? undefined : readToken(settings.apiTokenFile);
  if (apiToken === undefined && !LOOPBACK.test(host)) {
    throw new CodedError(
      'E_HOST_WITHOUT_TOKEN',
      `the aggregator listens on ${host} only with an API token, so that not everybody there can command it`,
    );
  }
  return {
    ...settings,
    host,
    apiToken,
    offlineAfterMs: settings.offlineAfterMs ?? 10_000,
    maximumModelBytes: settings.maximumModelBytes ?? 2 * 1024 ** 3,
  };
}

function readToken(file: string): string {
  if (!existsSync(file))
    throw new CodedError('E_FILE_NOT_FOUND', `the API token's file ${file} does not exist`);
  const token = readFileSync(file, 'utf8').trim();
  if (token.length < 16) {
    throw new CodedError('E_INVALID_INPUT', `the API token in ${file} has fewer than 16 characters`);
  }
  return token;
}
