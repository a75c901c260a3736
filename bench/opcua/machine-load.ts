import type { PeerSettings } from '../peers/peer-settings.ts';
import { PEER_NAMESPACE } from '../peers/peer-settings.ts';

/** What a bench server serves and how often it changes. */
export type MachineLoad = Required<Pick<PeerSettings, 'waves' | 'scalars' | 'changes'>>;

/** The load of the outage table in the reference, a 10 Hz waveform and 200 scalars, and on-change scalars besides. */
export const OUTAGE_LOAD: MachineLoad = {
  waves: { count: 1, length: 4096, periodMs: 100 },
  scalars: { count: 200, periodMs: 100 },
  changes: { count: 50, periodMs: 50, oneIn: 10 },
};

/** Names of all signals, which are those of the nodes. */
export function signalNames({ waves, scalars, changes }: MachineLoad): string[] {
  const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);
  return [...names('Wave', waves.count), ...names('S', scalars.count), ...names('C', changes.count)];
}

/** Values written a second; an array is one. */
export function notificationsPerSecond({ waves, scalars, changes }: MachineLoad): number {
  const perSecond = ({ count, periodMs }: { count: number; periodMs: number }) => (count * 1000) / periodMs;
  return perSecond(waves) + perSecond(scalars) + perSecond(changes) / changes.oneIn;
}

/** The `source.opcua` of a trainer file that collects everything; `options` are more of its members. */
export function sourceOf(
  endpoint: string,
  load: MachineLoad,
  options: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const signals = Object.fromEntries(signalNames(load).map((name) => [name, signalOf(name, load)]));
  return { endpoint, securityMode: 'None', trust: 'first-use', signals, ...options };
}

function signalOf(name: string, { waves, scalars }: MachineLoad): Record<string, unknown> {
  const node = `nsu=${PEER_NAMESPACE};s=${name}`;
  if (name.startsWith('C')) return { node, kind: 'on-change' };
  if (name.startsWith('S')) return { node, kind: 'periodic', rateHz: 1000 / scalars.periodMs };
  const rateHz = 1000 / waves.periodMs;
  const waveform = { length: waves.length, sampleRateHz: waves.length * rateHz };
  return { node, kind: 'periodic', rateHz, waveform };
}
