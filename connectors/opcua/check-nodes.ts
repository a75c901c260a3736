import { AttributeIds, type ClientSession, type NodeId } from 'node-opcua-client';
import type { OpcuaSignal, OpcuaSource } from '../../openapi/schemas.ts';
import { describeVariables, type VariableDescription } from './describe-variables.ts';
import type { LineFinding } from './line-finding.ts';
import { findNodes } from './resolve-nodes.ts';
import type { Visit } from './visit.ts';

/** The value attribute of a variable; an object that emits events; a method. */
const NODE_CLASSES = { variable: 2, object: 1, method: 4 } as const;
const NUMERIC = /^(SByte|Byte|U?Int(16|32|64)|Float|Double)$/;
const READABLE = /^(Boolean|SByte|Byte|U?Int(16|32|64)|Float|Double|String|LocalizedText|DateTime)$/;
const CLOCK_OFFSET_TO_TELL_MS = 1_000;
const SUBSCRIBE_TO_EVENTS = 1;

/** Compares nodes and their attributes with the signals of a line file. */
export async function checkNodes(visit: Visit, source: OpcuaSource): Promise<LineFinding[]> {
  const { session, namespaces } = visit;
  const wanted = new Map(
    Object.entries(source.signals).flatMap(([name, signal]) =>
      addressesOf(signal).map(([what, address]) => [`${name}/${what}`, address] as const),
    ),
  );
  const { nodes, faults } = await findNodes(session, namespaces, wanted);
  const findings: LineFinding[] = faults.map(({ path, message }) => ({
    kind: 'fault',
    path: `/signals/${path}`,
    message,
  }));
  const byPath = new Map(nodes.map(({ signal, nodeId }) => [signal, nodeId]));
  findings.push(...(await checkClasses(session, byPath)));
  const variables = [...byPath].filter(([path]) => /\/(node|path)$/.test(path));
  const described = await describeVariables(
    session,
    variables.map(([, nodeId]) => nodeId),
    new Map(),
  );
  variables.forEach(([path], index) => {
    const name = path.replace(/\/(node|path)$/, '');
    const signal = source.signals[name];
    const description = described[index];
    if (signal === undefined || description === undefined) return;
    findings.push(...checkVariable(`/signals/${name}`, signal, description));
  });
  const forgotten = variables.flatMap(([path], index) => {
    const name = path.replace(/\/(node|path)$/, '');
    return described[index]?.hasHistory === false && source.signals[name]?.kind !== 'polled' ? [name] : [];
  });
  if (source.backfill && forgotten.length > 0) {
    const message = `the server keeps no history of ${forgotten.join(', ')}, so that what is lost stays lost`;
    findings.push({ kind: 'note', path: '', message });
  }
  findings.push(...(await checkClock(session)));
  return findings;
}

function addressesOf({ node, path, capture, event }: OpcuaSignal): [string, string][] {
  if (node !== undefined) return [['node', node]];
  if (path !== undefined) return [['path', path]];
  if (capture !== undefined) {
    return [
      ['capture/object', capture.object],
      ['capture/method', capture.method],
    ];
  }
  return event === undefined
    ? []
    : [
        ['event/source', event.source],
        ['event/type', event.type],
      ];
}

async function checkClasses(
  session: ClientSession,
  nodes: ReadonlyMap<string, NodeId>,
): Promise<LineFinding[]> {
  const entries = [...nodes];
  const findings: LineFinding[] = [];
  for (const [path, nodeId] of entries) {
    const what = path.slice(path.indexOf('/') + 1);
    const [nodeClass, notifier] = await session.read([
      { nodeId, attributeId: AttributeIds.NodeClass },
      { nodeId, attributeId: AttributeIds.EventNotifier },
    ]);
    const found: unknown = nodeClass?.value?.value;
    const wrong = (expected: string) =>
      findings.push({ kind: 'fault', path: `/signals/${path}`, message: `is no ${expected}` });
    if ((what === 'node' || what === 'path') && found !== NODE_CLASSES.variable) wrong('variable');
    if (what === 'capture/method' && found !== NODE_CLASSES.method) wrong('method');
    if (what === 'event/source') {
      const bits: unknown = notifier?.value?.value;
      const emits = typeof bits === 'number' && (bits & SUBSCRIBE_TO_EVENTS) !== 0;
      if (!emits) wrong('object that events can be had from');
    }
  }
  return findings;
}

function checkVariable(
  at: string,
  signal: OpcuaSignal,
  { dataType, length, isReadable, status }: VariableDescription,
): LineFinding[] {
  const findings: LineFinding[] = [];
  const fault = (path: string, message: string) => findings.push({ kind: 'fault', path, message });
  const { field, waveform, scale, offset, indexRange } = signal;
  if (!isReadable) fault(at, 'may not be read by this user');
  if (status.startsWith('Bad')) {
    findings.push({ kind: 'note', path: at, message: `its present value has the status ${status}` });
  }
  if (field !== undefined) {
    if (dataType !== 'ExtensionObject') {
      fault(`${at}/field`, `its values are ${dataType}, which have no fields`);
    }
  } else if (dataType !== 'unknown' && !READABLE.test(dataType)) {
    fault(
      at,
      `its values are ${dataType}; numbers, texts, truth values and arrays of numbers can be collected`,
    );
  }
  const isNumeric = NUMERIC.test(dataType) || field !== undefined || dataType === 'unknown';
  if (waveform !== undefined && !isNumeric) fault(`${at}/waveform`, `its values are ${dataType}, no numbers`);
  if ((scale !== undefined || offset !== undefined) && !isNumeric) {
    fault(`${at}/scale`, `its values are ${dataType}, no numbers`);
  }
  if (waveform?.length !== undefined && indexRange === undefined && field === undefined) {
    if (length !== undefined && length > 0 && length !== waveform.length) {
      fault(`${at}/waveform/length`, `the present value has ${length} samples, not ${waveform.length}`);
    }
  }
  if (indexRange !== undefined && length !== undefined && length > 0 && !fits(indexRange, length)) {
    fault(`${at}/indexRange`, `the present value has ${length} elements`);
  }
  return findings;
}

/** Whether the first dimension of an index range lies within an array. */
function fits(indexRange: string, length: number): boolean {
  const [first = ''] = indexRange.split(',');
  return Number(first.split(':').at(-1)) < length;
}

async function checkClock(session: ClientSession): Promise<LineFinding[]> {
  const askedMs = Date.now();
  const { value } = await session.read({ nodeId: 'i=2258', attributeId: AttributeIds.Value });
  const time: unknown = value.value;
  if (!(time instanceof Date)) return [];
  const offsetMs = Math.round(time.getTime() - (askedMs + Date.now()) / 2);
  if (Math.abs(offsetMs) < CLOCK_OFFSET_TO_TELL_MS) return [];
  const direction = offsetMs > 0 ? 'ahead of' : 'behind';
  const message = `the server's clock is ${Math.abs(offsetMs) / 1000} s ${direction} ours`;
  return [{ kind: 'note', path: '/endpoint', message }];
}
