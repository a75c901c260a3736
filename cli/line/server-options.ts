import { join, resolve } from 'node:path';
import type { OpcuaSource } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { createLog, type Log } from '../../runtime/log.ts';

/** Options of every command that speaks to an OPC UA server without a line file. */
export interface ServerOptions {
  readonly securityMode: string;
  readonly trust: string;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly pki?: string;
}

type Server = Pick<OpcuaSource, 'endpoint' | 'securityMode' | 'trust' | 'user'>;

/**
 * What the options say of a server. A new one is kept as it is given, so that it can stand in a line file.
 * @throws CodedError `E_INVALID_INPUT`
 */
export async function serverOf(endpoint: string, options: ServerOptions): Promise<Server> {
  const { securityMode, trust, user, passwordFile } = options;
  if ((user === undefined) !== (passwordFile === undefined)) {
    throw new CodedError('E_INVALID_INPUT', '--user and --password-file belong together');
  }
  const { validate } = await import('../../openapi/validate.ts');
  const source = validate(
    'OpcuaSource',
    {
      endpoint,
      securityMode,
      trust,
      ...(user === undefined || passwordFile === undefined
        ? {}
        : { user: { name: user, password: { file: resolve(passwordFile) } } }),
      signals: { any: { node: 'i=2258' } },
    },
    'the command line',
  );
  return {
    endpoint: source.endpoint,
    securityMode: source.securityMode,
    trust: source.trust,
    ...(source.user === undefined ? {} : { user: source.user }),
  };
}

/** Folder of the certificates of commands that belong to no trainer. */
export function linePkiFolder(given: string | undefined): string {
  return resolve(given ?? join('.fedshell', 'line', 'pki'));
}

/** The log of a command: only what went wrong, unless FEDSHELL_LOG_LEVEL says more. */
export function lineLog(): Log {
  return createLog('line', process.env['FEDSHELL_LOG_LEVEL'] ?? 'fatal');
}
