import { join } from 'node:path';
import { entryPoint } from '../../runtime/package-root.ts';
import type { LineSpec } from '../../simulator/line.ts';
import { launchService } from '../supervise/launch-service.ts';
import type { Supervisor } from '../supervise/supervisor.ts';
import { SERVICE_NODE_FLAGS } from './process-flags.ts';

interface StartLineOptions {
  /** State folder of the supervisor. */
  readonly folder: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly spec: LineSpec;
}

/** Starts the OPC UA server of a simulated line and returns its endpoint. */
export async function startLine(supervisor: Supervisor, options: StartLineOptions): Promise<string> {
  const { folder, port, spec } = options;
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
  return opcua;
}

function portOfEndpoint(endpoint: string | undefined): number | undefined {
  return endpoint === undefined ? undefined : Number(new URL(endpoint.replace(/^opc\.tcp:/, 'http:')).port);
}
