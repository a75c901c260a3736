import type { OPCUAServer } from 'node-opcua';
import type { Log } from '../../runtime/log.ts';
import { type DisturbanceSpecs, NO_DISTURBANCE, toDisturbance } from '../faults/disturbance-spec.ts';
import type { Line } from '../line.ts';
import { MachineNodes } from '../machine-nodes.ts';
import { LINE_NAMESPACE } from '../signal-nodes.ts';
import type { TruthLog } from '../truth-log.ts';
import { LiveMachine } from './live-machine.ts';

/** How often machines look at the clock. */
const TICK_MS = 5;

/** Machines that work by the clock. */
export interface LivePlay {
  readonly nodes: readonly MachineNodes[];
  /** Says what is wrong from now on; machines that are not named have nothing. */
  disturb(machines: DisturbanceSpecs): void;
  close(): void;
}

/** Puts machines into the address space of a server and lets them work by the clock. */
export async function playLive(options: {
  readonly server: OPCUAServer;
  readonly line: Line;
  readonly epochMs: number;
  readonly laps?: number;
  readonly historyValues: number;
  readonly disturbances: DisturbanceSpecs;
  readonly truth?: TruthLog;
  readonly log: Log;
}): Promise<LivePlay> {
  const { server, line, epochMs, laps, truth, historyValues, log } = options;
  const { addressSpace } = server.engine;
  if (addressSpace === null) throw new TypeError('the server must be initialised');
  if (line.segments === undefined) throw new TypeError('only generated machines work by the clock');
  const namespace = addressSpace.registerNamespace(LINE_NAMESPACE);
  const nodes = new Map<string, MachineNodes>();
  const machines: LiveMachine[] = [];
  const disturb = (specs: DisturbanceSpecs) => {
    for (const [machine, each] of nodes) each.disturb(toDisturbance(specs[machine] ?? NO_DISTURBANCE));
  };
  for (const machine of line.machines) {
    const ofMachine = new MachineNodes({
      namespace,
      machine: machine.id,
      historyValues,
      ...(truth === undefined ? {} : { truth }),
    });
    nodes.set(machine.id, ofMachine);
    disturb(options.disturbances);
    const live = new LiveMachine({
      machine,
      segments: line.segments,
      nodes: ofMachine,
      epochMs,
      log,
      ...(laps === undefined ? {} : { laps }),
    });
    await live.prepare(Date.now());
    machines.push(live);
  }
  const timer = setInterval(() => {
    const nowMs = Date.now();
    for (const machine of machines) machine.advance(nowMs);
  }, TICK_MS);
  return { nodes: [...nodes.values()], disturb, close: () => clearInterval(timer) };
}
