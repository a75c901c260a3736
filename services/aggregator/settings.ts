import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { DelegationTarget } from '../../aas/server/operations/address-policy.ts';
import type { OperationTimes } from '../../aas/server/operations/in-process-operations.ts';
import type { OutsideAas } from '../../openapi/schemas.ts';
import { validate } from '../../openapi/validate.ts';
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
  /** Environments and registries of others: the schema OutsideAas, docs/aas-outside.md. */
  readonly outside?: object;
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
  /**
   * Uploads of updates at the same time, from 1; the others are told when to come again (`E_TOO_MANY_UPLOADS`). Each
   * takes up to 1 MiB of memory.
   * @defaultValue 64
   */
  readonly maxOpenUploads?: number;
  /**
   * Time of waiting for a sender in which at least 64 KiB of its file must come; else the upload is given up.
   * @defaultValue 30_000
   */
  readonly uploadStallMs?: number;
  /**
   * Space on the disk that rounds leave free: one that may need more waits.
   * @defaultValue 0
   */
  readonly leastFreeBytes?: number;
  /** How long invoked operations may take and their results are kept. */
  readonly operations?: OperationTimes;
  /**
   * Servers that operations of foreign submodels may be delegated to.
   * @defaultValue none
   */
  readonly delegationTargets?: readonly DelegationTarget[];
  /** Check the API's own answers against its description; for tests. */
  readonly validateResponses?: boolean;
}

/** Settings with every default filled in and secrets read. */
export interface ResolvedSettings extends Omit<AggregatorSettings, 'outside'> {
  readonly outside: OutsideAas;
  readonly host: string;
  readonly apiToken: string | undefined;
  readonly offlineAfterMs: number;
  readonly maximumModelBytes: number;
  readonly maxOpenUploads: number;
  readonly uploadStallMs: number;
  readonly leastFreeBytes: number;
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
  const { maxOpenUploads = 64, uploadStallMs = 30_000 } = settings;
  refuseSmall({ maxOpenUploads, uploadStallMs });
  return {
    ...settings,
    host,
    apiToken,
    outside: resolveOutside(settings.outside ?? {}),
    offlineAfterMs: settings.offlineAfterMs ?? 10_000,
    maximumModelBytes: settings.maximumModelBytes ?? 2 * 1024 ** 3,
    maxOpenUploads,
    uploadStallMs,
    leastFreeBytes: settings.leastFreeBytes ?? 0,
  };
}

/** @throws CodedError `E_INVALID_INPUT` with every number that is not an integer from 1. */
function refuseSmall(numbers: Readonly<Record<string, number>>): void {
  const faults = Object.entries(numbers)
    .filter(([, value]) => !Number.isSafeInteger(value) || value < 1)
    .map(([name]) => ({ path: `/${name}`, message: 'must be an integer from 1' }));
  if (faults.length > 0)
    throw new CodedError('E_INVALID_INPUT', "the aggregator's settings have faults", { faults });
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

/** @throws CodedError `E_INVALID_INPUT` with every fault */
function resolveOutside(given: object): OutsideAas {
  const outside = validate('OutsideAas', structuredClone(given), 'the settings of outside environments');
  const { targets = [], lookups = [], delegationCallers = [] } = outside;
  const repeated = (list: readonly { readonly id: string }[], path: string) =>
    list.flatMap(({ id }, index) =>
      list.findIndex((each) => each.id === id) === index
        ? []
        : [{ path: `/${path}/${index}/id`, message: `${id} is there twice` }],
    );
  const servers = ['repository', 'aasRegistry', 'submodelRegistry', 'discovery'] as const;
  const faults = [
    ...repeated(targets, 'targets'),
    ...repeated(lookups, 'lookups'),
    ...targets.flatMap((target, index) =>
      servers.some((server) => target[server] !== undefined)
        ? []
        : [{ path: `/targets/${index}`, message: `needs one of ${servers.join(', ')}` }],
    ),
    ...delegationCallers.flatMap((caller, index) =>
      isIP(caller) !== 0 ? [] : [{ path: `/delegationCallers/${index}`, message: 'must be an IP address' }],
    ),
    ...(outside.embedded === 'commands' && targets.every(({ repository }) => repository === undefined)
      ? [{ path: '/embedded', message: 'commands needs a target with a repository that holds the rest' }]
      : []),
  ];
  if (faults.length === 0) return outside;
  throw new CodedError('E_INVALID_INPUT', 'the settings of outside environments do not fit together', {
    faults,
  });
}
