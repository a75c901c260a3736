import {
  AttributeIds,
  ClientSubscription,
  DataChangeFilter,
  DataChangeTrigger,
  type DataValue,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAClient,
  SecurityPolicy,
  TimestampsToReturn,
} from 'node-opcua';
import { LINE_NAMESPACE, MACHINE_VARIABLES } from '../../simulator/signal-nodes.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

/** A value as it arrived: `variable` is the browse name of the machine's variable. */
export interface Arrival {
  readonly machine: string;
  readonly variable: string;
  readonly value: unknown;
  readonly timeMs: number;
}

/** A raw OPC UA client that monitors machines of a line and keeps what arrives in order. */
export interface LineClient {
  readonly arrivals: Arrival[];
  /** The values of one variable, in order of arrival. */
  of(variable: string, machine?: string): Arrival[];
  /** Reads a variable of the first machine. */
  read(variable: string): Promise<unknown>;
  /** Lets the server publish, where it was opened with `publishingEnabled: false`. */
  startPublishing(): Promise<void>;
  /** Ends the session as a clean client does. */
  close(): Promise<void>;
  /** Cuts the connection in the middle of whatever goes on and never comes back, as a killed process does. */
  kill(): Promise<void>;
}

export async function openLineClient(options: {
  readonly endpoint: string;
  readonly machines: readonly string[];
  readonly pkiFolder: string;
  readonly queueSize?: number;
  readonly publishingIntervalMs?: number;
  readonly publishingEnabled?: boolean;
  readonly onArrival?: (arrival: Arrival) => void;
}): Promise<LineClient> {
  const client = OPCUAClient.create({
    endpointMustExist: false,
    securityMode: MessageSecurityMode.SignAndEncrypt,
    securityPolicy: SecurityPolicy.Basic256Sha256,
    clientCertificateManager: new OPCUACertificateManager({
      rootFolder: options.pkiFolder,
      automaticallyAcceptUnknownCertificate: true,
      disableFileWatchers: true,
    }),
    connectionStrategy: { maxRetry: 0 },
  });
  const wire = await startTcpProxy(Number(new URL(options.endpoint).port));
  await client.connect(`opc.tcp://127.0.0.1:${wire.port}/line`);
  const session = await client.createSession();
  const namespaces = await session.readNamespaceArray();
  const subscription = ClientSubscription.create(session, {
    requestedPublishingInterval: options.publishingIntervalMs ?? 50,
    requestedLifetimeCount: 6000,
    requestedMaxKeepAliveCount: 20,
    maxNotificationsPerPublish: 0,
    publishingEnabled: options.publishingEnabled ?? true,
  });
  const arrivals: Arrival[] = [];
  const nodeId = (machine: string, variable: string) =>
    `ns=${namespaces.indexOf(LINE_NAMESPACE)};s=${machine}.${variable}`;
  const items = options.machines.flatMap((machine) =>
    MACHINE_VARIABLES.map((variable) => ({ machine, variable })),
  );
  const group = await subscription.monitorItems(
    items.map(({ machine, variable }) => ({
      nodeId: nodeId(machine, variable),
      attributeId: AttributeIds.Value,
    })),
    {
      samplingInterval: 0,
      queueSize: options.queueSize ?? 200,
      discardOldest: true,
      filter: new DataChangeFilter({ trigger: DataChangeTrigger.StatusValueTimestamp }),
    },
    TimestampsToReturn.Both,
  );
  group.on('changed', (_item, dataValue: DataValue, index) => {
    const item = items[index];
    if (item === undefined) return;
    const overflow = (dataValue.statusCode.value & 0x480) === 0x480;
    if (dataValue.statusCode.isNotGood() || overflow) throw new Error(dataValue.toString());
    const timeMs = dataValue.sourceTimestamp?.getTime() ?? Number.NaN;
    const arrival = { ...item, value: dataValue.value.value, timeMs };
    arrivals.push(arrival);
    options.onArrival?.(arrival);
  });
  return {
    arrivals,
    of: (variable, machine = options.machines[0]) =>
      arrivals.filter((one) => one.variable === variable && one.machine === machine),
    read: async (variable) => {
      const value = await session.read({ nodeId: nodeId(options.machines[0] ?? '', variable) });
      return value.value.value;
    },
    startPublishing: async () => {
      await subscription.setPublishingMode(true);
    },
    close: async () => {
      await session.close(true);
      await client.disconnect();
      await wire.close();
    },
    kill: async () => {
      wire.cut();
      await wire.close();
      // Only frees what is on this side: the server hears nothing of it.
      await client.disconnect();
    },
  };
}
