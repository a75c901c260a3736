/**
 * An OPC UA server as a process of its own that a test can kill. Argument: a JSON text with `port`, `pkiFolder`,
 * optional `namespaces` to register before its own (which moves its index), `policies`, `users`, `samplingMs`,
 * `certificateFile` and `privateKeyFile` of its own, `applicationUri` if it shall say another than these, `userPkiFolder` of the users it trusts, `acceptClients`,
 * `wholeNodeset` (needed where clients come through a proxy), `history` of its blocks, `refusesTimestamps` of filters,
 * `recordLength` of a long array.
 * It obeys messages `{ id, kind, ... }` of its parent and answers `{ id, result }`.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  DataChangeTrigger,
  DataType,
  get_mini_nodeset_filename,
  MonitoredItemCreateResult,
  nodesets,
  OPCUACertificateManager,
  OPCUAServer,
  Range,
  StatusCodes,
  Subscription,
  setErrorLogger,
  setWarningLogger,
  Variant,
  VariantArrayType,
} from 'node-opcua';

setWarningLogger(() => undefined);
setErrorLogger(() => undefined);

const options = JSON.parse(process.argv[2]);
const SIGNALS = {
  Vibration: { dataType: DataType.Float, arrayType: VariantArrayType.Array, value: new Float32Array(4) },
  Spectrum: { dataType: DataType.Double, arrayType: VariantArrayType.Array, value: new Float64Array(2) },
  Block: { dataType: DataType.UInt32, value: 0 },
  Segment: { dataType: DataType.UInt32, value: 0 },
  Condition: { dataType: DataType.String, value: 'healthy' },
  Load: { dataType: DataType.Double, value: 0 },
  Count: { dataType: DataType.UInt64, value: [0, 0] },
  Finished: { dataType: DataType.Boolean, value: false },
  Limits: { dataType: DataType.ExtensionObject, value: new Range({ low: 0, high: 0 }) },
  ...(options.recordLength && {
    Record: {
      dataType: DataType.Float,
      arrayType: VariantArrayType.Array,
      value: new Float32Array(options.recordLength),
    },
  }),
};

if (options.refusesTimestamps) {
  const create = Subscription.prototype.preCreateMonitoredItem;
  Subscription.prototype.preCreateMonitoredItem = function (addressSpace, timestamps, request) {
    if (request.requestedParameters.filter?.trigger !== DataChangeTrigger.StatusValueTimestamp)
      return create.call(this, addressSpace, timestamps, request);
    const statusCode = StatusCodes.BadMonitoredItemFilterUnsupported;
    return {
      monitoredItemCreateRequest: request,
      createResult: new MonitoredItemCreateResult({ statusCode }),
    };
  };
}

const server = new OPCUAServer({
  port: options.port,
  host: '127.0.0.1',
  hostname: '127.0.0.1',
  // The small nodeset loads in a third of the time, but lacks what a server needs behind address translation.
  nodeset_filename: [options.wholeNodeset ? nodesets.standard : get_mini_nodeset_filename()],
  disableDiscovery: true,
  maxConnectionsPerEndpoint: 200,
  securityPolicies: options.policies,
  ...(options.certificateFile && {
    certificateFile: options.certificateFile,
    privateKeyFile: options.privateKeyFile,
    serverInfo: { applicationUri: options.applicationUri ?? applicationUriOf(options.certificateFile) },
  }),
  serverCertificateManager: new OPCUACertificateManager({
    rootFolder: options.pkiFolder,
    automaticallyAcceptUnknownCertificate: options.acceptClients ?? true,
    disableFileWatchers: true,
  }),
  ...(options.userPkiFolder && {
    userCertificateManager: new OPCUACertificateManager({
      rootFolder: options.userPkiFolder,
      automaticallyAcceptUnknownCertificate: false,
      disableFileWatchers: true,
    }),
  }),
  userManager: { isValidUser: (name, password) => options.users?.[name] === password },
  allowAnonymous: options.users === undefined,
  serverCapabilities: { maxSessions: 100, minSupportedSampleRate: 0 },
});
await server.initialize();
const { addressSpace } = server.engine;
for (const uri of options.namespaces ?? []) addressSpace.registerNamespace(uri);
const namespace = addressSpace.registerNamespace('urn:test:line');
const machine = namespace.addObject({ browseName: 'press', organizedBy: addressSpace.rootFolder.objects });
const variables = {};
for (const [name, { dataType, arrayType = VariantArrayType.Scalar, value }] of Object.entries(SIGNALS)) {
  variables[name] = namespace.addVariable({
    componentOf: machine,
    browseName: name,
    nodeId: `s=press.${name}`,
    dataType: name === 'Limits' ? 'Range' : dataType,
    valueRank: arrayType === VariantArrayType.Array ? 1 : -1,
    minimumSamplingInterval: options.samplingMs ?? 0,
    accessLevel: 'CurrentRead | CurrentWrite',
    value: { dataType, arrayType, value },
  });
}

if (options.history) {
  for (const name of ['Block', 'Vibration'])
    addressSpace.installHistoricalDataNode(variables[name], { maxOnlineValues: 1_000 });
}

function applicationUriOf(certificateFile) {
  // What an authority signed stands there with the authority's own behind it, which only DER allows.
  const der = Buffer.from(readFileSync(certificateFile, 'latin1').replace(/-----.*?-----/g, ''), 'base64');
  const { subjectAltName } = new X509Certificate(der);
  return /URI:([^,]+)/.exec(subjectAltName ?? '')?.[1];
}

function write(name, value, atMs, status = 'Good') {
  const { dataType, arrayType = VariantArrayType.Scalar } = SIGNALS[name];
  variables[name].setValueFromSource(
    new Variant({ dataType, arrayType, value }),
    StatusCodes[status],
    new Date(atMs),
  );
}

/** Block k is [k, k + 1/8, k + 2/8, ...]: exact in Float32 for what the tests use. */
function block(number, length) {
  return Float32Array.from({ length }, (_, index) => number + (index % 8) / 8);
}

if (options.wholeNodeset) {
  const record = namespace.addMethod(machine, {
    browseName: 'Record',
    nodeId: 's=press.Record',
    inputArguments: [{ name: 'Length', dataType: DataType.UInt32, valueRank: -1 }],
    outputArguments: [{ name: 'Samples', dataType: DataType.Float, valueRank: 1 }],
  });
  record.bindMethod(([length], _context, callback) =>
    callback(null, {
      statusCode: StatusCodes.Good,
      outputArguments: [
        { dataType: DataType.Float, arrayType: VariantArrayType.Array, value: block(7, length.value) },
      ],
    }),
  );
}

const keepAlives = new Map();
server.on('create_session', (session) => {
  session.on('new_subscription', (subscription) => {
    subscription.on('keepalive', () => keepAlives.set(subscription, (keepAlives.get(subscription) ?? 0) + 1));
  });
});

const COMMANDS = {
  write: ({ signal, value, atMs, status }) => write(signal, value, atMs, status),
  array: ({ signal, value, atMs }) => {
    write(signal, signal === 'Spectrum' ? Float64Array.from(value) : Float32Array.from(value), atMs);
  },
  blocks: ({ first, count, length, startMs, stepMs }) => {
    for (let number = first; number < first + count; number += 1) {
      const atMs = startMs + (number - first) * stepMs;
      write('Segment', Math.floor(number / 50), atMs);
      write('Block', number, atMs);
      write('Vibration', block(number, length), atMs);
    }
  },
  limits: ({ low, high, atMs }) => write('Limits', new Range({ low, high }), atMs),
  record: ({ number, length, atMs }) => write('Record', block(number, length), atMs),
  /** Makes as if a notification had been sent that nobody has. */
  skip: () => {
    for (const session of Object.values(server.engine._sessions ?? {}))
      for (const subscription of session.publishEngine.subscriptions)
        subscription._sequence_number_generator.next();
  },
  subscriptions: () => {
    const sessions = Object.values(server.engine._sessions ?? {});
    const all = sessions.flatMap((session) => session.publishEngine.subscriptions);
    return all.map((subscription) => ({
      id: subscription.id,
      unacknowledged: subscription.getAvailableSequenceNumbers(),
      keepAlives: keepAlives.get(subscription) ?? 0,
    }));
  },
  event: ({ message, severity }) => {
    server.engine.addressSpace.rootFolder.objects.server.raiseEvent('BaseEventType', {
      message: { dataType: DataType.LocalizedText, value: { text: message } },
      severity: { dataType: DataType.UInt16, value: severity },
    });
  },
  sessions: () => server.engine.currentSessionCount,
};

process.on('message', ({ id, kind, ...input }) =>
  process.send({ id, result: COMMANDS[kind](input) ?? null }),
);
process.once('disconnect', () => process.exit(0));
await server.start();
process.send({ ready: true });
