import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OPCUAServer } from 'node-opcua';
import { canonicalJson } from '../runtime/canonical-json.ts';
import { CodedError } from '../runtime/errors.ts';
import { runAsProcess, type ServiceContext } from '../runtime/service-process.ts';
import { lockState } from '../runtime/state-lock.ts';
import type { DisturbanceSpecs, DisturbMessage } from './faults/disturbance-spec.ts';
import { startFaultyLine } from './faults/faulty-line.ts';
import { type Line, type LineSpec, openLine } from './line.ts';
import { playLine } from './line-server.ts';
import { liveEpochMs } from './live/live-epoch.ts';
import { playLive } from './live/play-live.ts';
import type { MachineNodes } from './machine-nodes.ts';
import { logLibraryTo } from './opcua-log.ts';
import { listen, openServer } from './open-server.ts';
import { showMachinery } from './show-machinery.ts';
import { TruthLog } from './truth-log.ts';

export { describeLine, type LineDescription, type LineSpec } from './line.ts';

/** Values of each variable that the history of a machine that works by the clock keeps: about a minute. */
const HISTORY_VALUES = 700;

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
  /** Loads the nodesets of Machinery, ProcessValues and I4AAS, and shows the machines by them. @defaultValue false */
  readonly machinery?: boolean;
  /** Values of each variable in the server's history, of machines that work by the clock. @defaultValue 700 */
  readonly historyValues?: number;
  /** File to which every value that is written is noted (`readTruthLog`). */
  readonly truthFile?: string;
  /** TCP port on 127.0.0.1 of the fault API, 0 for any free one; there is none by default. */
  readonly faultPort?: number;
  /** Port by which clients reach the server through a relay. */
  readonly advertisedPort?: number;
  /** What is wrong from the start. */
  readonly disturbances?: DisturbanceSpecs;
}

/**
 * Starts a line of machines as one OPC UA server.
 * @returns its address as `opcua`, and that of the fault API as `faults`.
 * @throws CodedError `E_STATE_IN_USE`, `E_STATE_MISMATCH`, `E_PORT_IN_USE`, and as `readManifest` does.
 */
export async function start(
  settings: SimulatorSettings,
  context: ServiceContext,
): Promise<Readonly<Record<string, string>>> {
  const { faultPort } = settings;
  mkdirSync(settings.stateFolder, { recursive: true });
  if (faultPort !== undefined) return startFaultyLine({ ...settings, faultPort }, context);
  const { machines, stateFolder, pkiFolder, port, truthFile } = settings;
  const { log, shutdown } = context;
  logLibraryTo(log);
  const lock = lockState(stateFolder);
  shutdown.add('simulator state', () => lock.release());
  refuseOtherLine(stateFolder, machines);
  const line = await openLine(machines);
  const server = await openServer({
    port,
    pkiFolder,
    offersNone: settings.offersNone ?? false,
    machinery: settings.machinery ?? false,
    ...(settings.advertisedPort === undefined ? {} : { advertisedPort: settings.advertisedPort }),
  });
  const truth = truthFile === undefined ? undefined : new TruthLog(truthFile);
  shutdown.add('truth log', () => truth?.close());
  shutdown.add('simulator server', () => server.shutdown(0));
  const nodes = await play({ settings, context, server, line, truth });
  const { addressSpace } = server.engine;
  if (settings.machinery === true && addressSpace !== null) showMachinery(addressSpace, nodes);
  await listen(server, port);
  const opcua = `opc.tcp://127.0.0.1:${server.endpoints[0]?.port}/line`;
  log.info({ event: 'simulator.ready', opcua, machines: line.machines.length });
  return { opcua };
}

interface Play {
  readonly settings: SimulatorSettings;
  readonly context: ServiceContext;
  readonly server: OPCUAServer;
  readonly line: Line;
  readonly truth: TruthLog | undefined;
}

async function play({
  settings,
  context: { log, shutdown },
  server,
  line,
  truth,
}: Play): Promise<readonly MachineNodes[]> {
  const { machines, stateFolder } = settings;
  const noted = truth === undefined ? {} : { truth };
  if (!('live' in machines) || machines.live === undefined) {
    const ended = await playLine({
      server,
      machines: line.machines,
      positionFile: (machine) => join(stateFolder, 'positions', `${machine}.json`),
      log,
      ...noted,
    });
    shutdown.add('simulator play', () => ended.close());
    return ended.nodes;
  }
  const live = await playLive({
    server,
    line,
    epochMs: liveEpochMs(stateFolder, Date.now()),
    ...machines.live,
    historyValues: settings.historyValues ?? HISTORY_VALUES,
    disturbances: settings.disturbances ?? {},
    log,
    ...noted,
  });
  shutdown.add('simulator play', () => live.close());
  process.on('message', (message: Partial<DisturbMessage> | undefined) => {
    if (message?.kind === 'disturb') live.disturb(message.machines ?? {});
  });
  return live.nodes;
}

/** Positions in one line mean nothing in another. */
function refuseOtherLine(stateFolder: string, machines: LineSpec): void {
  const file = join(stateFolder, 'line.json');
  const wanted = canonicalJson(machines);
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
