import type { MonitoredItem, OPCUAServer, ServerSession, Subscription } from 'node-opcua';
import type { Log } from '../runtime/log.ts';
import type { Machine } from './line.ts';
import { MachineNodes } from './machine-nodes.ts';
import { Player } from './player.ts';
import { PositionFile } from './position-file.ts';
import { LINE_NAMESPACE } from './signal-nodes.ts';
import { MachineWatch, SubscriptionWatch } from './subscription-watch.ts';
import type { TruthLog } from './truth-log.ts';

/** How often players look for acknowledgements. */
const PASS_INTERVAL_MS = 20;

/** A machine with its player and those that watch it. */
interface Station {
  readonly player: Player;
  /** Oldest first. */
  readonly watches: Map<Subscription, MachineWatch>;
}

/** What a node id stands for. */
interface Place {
  readonly station: Station;
  readonly isWaveform: boolean;
}

interface LinePlay {
  readonly nodes: readonly MachineNodes[];
  /** Ends the play; positions are on disk when it resolves. */
  close(): Promise<void>;
}

/**
 * Puts machines into the address space of a server and plays them to whoever subscribes.
 * @param positionFile path of the file that keeps a machine's position.
 */
export async function playLine(options: {
  readonly server: OPCUAServer;
  readonly machines: readonly Machine[];
  readonly positionFile: (machine: string) => string;
  readonly truth?: TruthLog;
  readonly log: Log;
}): Promise<LinePlay> {
  const { server, machines, truth, log } = options;
  const { addressSpace } = server.engine;
  if (addressSpace === null) throw new TypeError('the server must be initialised');
  const namespace = addressSpace.registerNamespace(LINE_NAMESPACE);
  const places = new Map<string, Place>();
  const stations: Station[] = [];
  const ofMachines: MachineNodes[] = [];
  for (const machine of machines) {
    const nodes = new MachineNodes({
      namespace,
      machine: machine.id,
      ...(truth === undefined ? {} : { truth }),
    });
    ofMachines.push(nodes);
    const file = new PositionFile(options.positionFile(machine.id));
    const player = new Player({ machine, nodes, file, position: await file.load(), log });
    await player.prepare();
    const station = { player, watches: new Map<Subscription, MachineWatch>() };
    stations.push(station);
    for (const [variable, { nodeId }] of nodes.variables) {
      places.set(nodeId.toString(), { station, isWaveform: variable === 'Vibration' });
    }
  }
  server.on('create_session', (session: ServerSession) => {
    session.on('new_subscription', (subscription: Subscription) => watch(subscription, places, log));
  });
  const timer = setInterval(() => {
    for (const { player } of stations) player.pass();
  }, PASS_INTERVAL_MS);
  return {
    nodes: ofMachines,
    close: async () => {
      clearInterval(timer);
      await Promise.all(stations.map(({ player }) => player.close()));
    },
  };
}

/** Follows the items of a subscription as they come and go. */
function watch(subscription: Subscription, places: ReadonlyMap<string, Place>, log: Log): void {
  const tracker = new SubscriptionWatch(subscription);
  const placeOf = (item: MonitoredItem) => places.get(item.node?.nodeId.toString() ?? '');
  subscription.on('monitoredItem', (item: MonitoredItem) => {
    const place = placeOf(item);
    if (place === undefined) return;
    const { station, isWaveform } = place;
    const machineWatch = station.watches.get(subscription) ?? new MachineWatch(tracker);
    station.watches.set(subscription, machineWatch);
    machineWatch.add(item, isWaveform);
    if (isWaveform && !item.isExceptionBased) {
      const { samplingInterval, queueSize } = item;
      log.warn({ event: 'play.sampled', samplingInterval, queueSize }, 'a client that samples misses blocks');
    }
    follow(station);
  });
  subscription.on('removeMonitoredItem', (item: MonitoredItem) => {
    const station = placeOf(item)?.station;
    const machineWatch = station?.watches.get(subscription);
    if (station === undefined || machineWatch === undefined) return;
    machineWatch.remove(item);
    if (!machineWatch.hasWaveform) station.watches.delete(subscription);
    follow(station);
  });
}

/** Plays to the newest subscription that watches the waveform. */
function follow({ player, watches }: Station): void {
  player.follow([...watches.values()].findLast((one) => one.hasWaveform));
}
