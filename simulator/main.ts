import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '../runtime/canonical-json.ts';
import { CodedError } from '../runtime/errors.ts';
import { runAsProcess, type ServiceContext } from '../runtime/service-process.ts';
import { lockState } from '../runtime/state-lock.ts';
import { type LineSpec, openLine } from './line.ts';
import { playLine } from './line-server.ts';
import { logLibraryTo } from './opcua-log.ts';
import { listen, openServer } from './open-server.ts';

export { describeLine, type LineDescription, type LineSpec } from './line.ts';

/** Settings of a simulated line. */
export interface SimulatorSettings {
  /** TCP port on 127.0.0.1; 0 for any free one. */
  readonly port: number;
  /** Generated machines, or a folder of recordings. */
  readonly machines: LineSpec;
  /** Where the machines keep how far they have played; one owner. */
  readonly stateFolder: string;
  /** Where the server keeps its certificate. */
  readonly pkiFolder: string;
  /** Offers endpoints without security too. @defaultValue false */
  readonly offersNone?: boolean;
}

/**
 * Starts a line of machines as one OPC UA server.
 * @returns its address as `opcua`.
 * @throws CodedError `E_STATE_IN_USE`, `E_STATE_MISMATCH`, `E_PORT_IN_USE`, and as `readManifest` does.
 */
export async function start(
  settings: SimulatorSettings,
  { log, shutdown }: ServiceContext,
): Promise<Readonly<Record<string, string>>> {
  const { machines, stateFolder, pkiFolder, port } = settings;
  logLibraryTo(log);
  const lock = lockState(stateFolder);
  shutdown.add('simulator state', () => lock.release());
  refuseOtherLine(stateFolder, machines);
  const line = await openLine(machines);
  const server = await openServer({ port, pkiFolder, offersNone: settings.offersNone ?? false });
  const play = await playLine({
    server,
    machines: line.machines,
    positionFile: (machine) => join(stateFolder, 'positions', `${machine}.json`),
    log,
  });
  shutdown.add('simulator server', () => server.shutdown(0));
  shutdown.add('simulator play', () => play.close());
  await listen(server, port);
  const opcua = `opc.tcp://127.0.0.1:${server.endpoints[0]?.port}/line`;
  log.info({ event: 'simulator.ready', opcua, machines: line.machines.length });
  return { opcua };
}

/** Positions in one line mean nothing in another. */
function refuseOtherLine(stateFolder: string, machines: LineSpec): void {
  const file = join(stateFolder, 'line.json');
  const wanted = canonicalJson(machines);
  mkdirSync(stateFolder, { recursive: true });
  try {
    writeFileSync(file, wanted, { flag: 'wx' });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
    const stored = readFileSync(file, 'utf8');
    if (stored === wanted) return;
    throw new CodedError('E_STATE_MISMATCH', `${stateFolder} belongs to another line: ${stored}`);
  }
}

void runAsProcess(import.meta.url, 'simulator', start);
