import type { ServiceContext } from '../../runtime/service-process.ts';
import { openLine } from '../line.ts';
import type { SimulatorSettings } from '../main.ts';
import { FaultBoard } from './fault-board.ts';
import { startFaultServer } from './fault-server.ts';
import { Relay } from './relay.ts';
import { ServerProcess } from './server-process.ts';

/**
 * Starts a line whose server is a process behind a relay, so that both can be made to fail.
 * @returns `opcua` of the relay and `faults` of the API. @throws CodedError as the simulator's `start` does
 */
export async function startFaultyLine(
  settings: SimulatorSettings & { readonly faultPort: number },
  { log, shutdown }: ServiceContext,
): Promise<Readonly<Record<string, string>>> {
  const { faultPort, port, ...rest } = settings;
  const { machines } = await openLine(settings.machines);
  const ids = machines.map(({ id }) => id);
  const relay = await Relay.listen(port);
  shutdown.add('relay', () => relay.close());
  const fail = (why: unknown) => {
    log.error({ event: 'simulator.server.ended', error: String(why) }, 'the line stops');
    process.exitCode = 1;
    void shutdown.run().then(() => process.exit(1));
  };
  const server = new ServerProcess({ ...rest, port: 0, advertisedPort: relay.port }, fail);
  shutdown.add('simulated server', () => server.stop());
  relay.aim(await server.start());
  const board = new FaultBoard({ machines: ids, relay, server, log, failed: fail });
  shutdown.add('faults', () => board.close());
  const opcua = `opc.tcp://127.0.0.1:${relay.port}/line`;
  const api = await startFaultServer({
    port: faultPort,
    board,
    machines: ids,
    line: () => ({ opcua, pid: server.pid ?? null, machines: ids }),
  });
  shutdown.add('fault API', () => api.close());
  log.info({ event: 'simulator.ready', opcua, faults: api.url, machines: ids.length });
  return { opcua, faults: api.url };
}
