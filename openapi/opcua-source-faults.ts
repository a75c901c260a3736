import type { Fault } from '../runtime/errors.ts';
import type { OpcuaSignal, OpcuaSource } from './schemas.ts';

const NODE = /^(nsu=[^;]+;|ns=\d+;)?[isgb]=.+$/s;
const PATH = /^(\/(nsu=[^;]+;)?(&[/&]|[^/])+)+$/s;

const ORIGINS = ['node', 'path', 'capture', 'event'] as const;

/**
 * The faults of an OPC UA source that its schema cannot say: they lie between its members.
 * @param path where the source stands, as a JSON pointer; empty in a line file.
 */
export function opcuaSourceFaults(path: string, source: OpcuaSource): Fault[] {
  const { signals, groups = {}, bridgeSeconds, minimumBridgeSeconds } = source;
  const faults = Object.entries(signals).flatMap(([name, signal]) => {
    const at = `${path}/signals/${pointerStep(name)}`;
    return [
      ...originFaults(at, signal),
      ...kindFaults(at, signal),
      ...captureFaults(at, signal, signals),
      ...(signal.group === undefined || Object.hasOwn(groups, signal.group)
        ? []
        : [{ path: `${at}/group`, message: `is none of groups, which has ${listOf(Object.keys(groups))}` }]),
    ];
  });
  if (minimumBridgeSeconds > bridgeSeconds) {
    const message = `must be at most ${bridgeSeconds}, the bridgeSeconds that are asked for`;
    faults.push({ path: `${path}/minimumBridgeSeconds`, message });
  }
  return faults;
}

function originFaults(at: string, signal: OpcuaSignal): Fault[] {
  const given = ORIGINS.filter((origin) => signal[origin] !== undefined);
  if (given.length !== 1) {
    const found = given.length === 0 ? 'has none' : `has ${given.join(' and ')}`;
    return [{ path: at, message: `${found} of node, path, capture and event; one is needed` }];
  }
  const faults: Fault[] = [];
  const { node, path, capture, event } = signal;
  if (node !== undefined && !NODE.test(node)) {
    const message = 'must be a namespace URI and an identifier, such as nsu=urn:press;s=Wave';
    faults.push({ path: `${at}/node`, message });
  }
  if (path !== undefined && !PATH.test(path)) {
    const message = 'must be a browse path from Objects, such as /nsu=urn:press;Press 1/nsu=urn:press;Wave';
    faults.push({ path: `${at}/path`, message });
  }
  const addresses = [
    ['capture/object', capture?.object],
    ['capture/method', capture?.method],
    ['event/source', event?.source],
  ] as const;
  for (const [where, address] of addresses) {
    if (address === undefined || NODE.test(address) || PATH.test(address)) continue;
    faults.push({ path: `${at}/${where}`, message: 'must be a node or a browse path from Objects' });
  }
  if (event !== undefined && !NODE.test(event.type)) {
    faults.push({ path: `${at}/event/type`, message: 'must be a node, such as i=2041' });
  }
  return faults;
}

function kindFaults(at: string, { kind, rateHz, maxAgeMs, indexRange, node, path }: OpcuaSignal): Fault[] {
  const faults: Fault[] = [];
  if ((kind === 'periodic' || kind === 'polled') && rateHz === undefined) {
    faults.push({ path: `${at}/rateHz`, message: `is needed by a ${kind} signal` });
  }
  if (maxAgeMs !== undefined && kind !== undefined && kind !== 'on-change') {
    faults.push({ path: `${at}/maxAgeMs`, message: `is for on-change signals, and this one is ${kind}` });
  }
  if (indexRange !== undefined && node === undefined && path === undefined) {
    faults.push({ path: `${at}/indexRange`, message: 'is for signals with a node or a path' });
  }
  return faults;
}

function captureFaults(
  at: string,
  { capture, rateHz }: OpcuaSignal,
  signals: OpcuaSource['signals'],
): Fault[] {
  if (capture === undefined) return [];
  const { trigger } = capture;
  if (trigger === undefined) {
    return rateHz === undefined
      ? [{ path: `${at}/capture`, message: 'needs a trigger, or rateHz to be called at' }]
      : [];
  }
  if (Object.hasOwn(signals, trigger)) return [];
  return [{ path: `${at}/capture/trigger`, message: `${trigger} is none of the signals` }];
}

function pointerStep(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function listOf(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
