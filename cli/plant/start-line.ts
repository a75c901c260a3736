import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entryPoint } from '../../runtime/package-root.ts';
import type { LineSpec } from '../../simulator/line.ts';
import { launchService } from '../supervise/launch-service.ts';
import type { Supervisor } from '../supervise/supervisor.ts';
import { SERVICE_NODE_FLAGS } from './process-flags.ts';

interface StartLineOptions {
  /** State folder of the supervisor. */
  readonly folder: string;
  /** 0 takes the one that this folder's line had before, else any free one. */
  readonly port: number;
  readonly spec: LineSpec;
}

/**
 * Starts the OPC UA server of a simulated line and returns its endpoint. The port is kept in the state folder, since
 * trainer files name it.
 * @throws CodedError `E_PORT_IN_USE` if another program has it
 */
export async function startLine(supervisor: Supervisor, options: StartLineOptions): Promise<string> {
  const { folder, spec } = options;
  const portFile = join(folder, 'simulator', 'port');
  const port = options.port === 0 ? keptPort(portFile) : options.port;
  const launch = launchService({
    name: 'simulator',
    entry: entryPoint('simulator/main'),
    folder,
    nodeFlags: SERVICE_NODE_FLAGS,
    settings: (previous) => ({
      port: portOfEndpoint(previous?.['opcua']) ?? port,
      machines: spec,
      stateFolder: join(folder, 'simulator'),
      pkiFolder: join(folder, 'simulator', 'pki'),
    }),
  });
  const { opcua = '' } = await supervisor.add('simulator', 'simulator', launch).start();
  writeFileSync(portFile, String(portOfEndpoint(opcua)), { mode: 0o600 });
  return opcua;
}

/** The port of an earlier start; 0 where there is none or its writing was cut off. */
function keptPort(file: string): number {
  const port = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
}

function portOfEndpoint(endpoint: string | undefined): number | undefined {
  return endpoint === undefined ? undefined : Number(new URL(endpoint.replace(/^opc\.tcp:/, 'http:')).port);
}
