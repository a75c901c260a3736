import type { FolderSource, OpcuaSource } from '../openapi/schemas.ts';
import { CodedError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Connector } from './connector.ts';

/** The `source` of a participant in a trainer file: one key that names the kind. */
export interface ConnectorSource {
  readonly opcua?: OpcuaSource;
  readonly folder?: FolderSource;
}

/** What connectors need besides their source. */
export interface ConnectorOptions {
  /** Names of the signals to collect. */
  readonly signals: readonly string[];
  /** Folder of the certificates, see `OpcuaConnectorOptions`. */
  readonly pkiFolder: string;
  readonly log: Log;
}

/**
 * Makes the connector that a source names. Only that kind's code is loaded: node-opcua alone takes 60 MB.
 * @throws CodedError `E_INVALID_INPUT`
 */
export async function createConnector(
  source: ConnectorSource,
  options: ConnectorOptions,
): Promise<Connector> {
  if (source.opcua !== undefined) {
    const { createOpcuaConnector } = await import('./opcua/opcua-connector.ts');
    return createOpcuaConnector({ ...options, source: source.opcua });
  }
  if (source.folder !== undefined) {
    const { createFolderConnector } = await import('./recording/folder-connector.ts');
    return createFolderConnector(source.folder, { signals: options.signals });
  }
  throw new CodedError('E_INVALID_INPUT', 'a source is one of opcua, folder');
}
