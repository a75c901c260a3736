import type { DataProfile } from './schemas.ts';

/** Names of all signals that a profile needs. */
export function profileSignals({ signals, trigger }: DataProfile): readonly string[] {
  const { context = [], channels = [], ...single } = signals;
  const triggers = trigger !== undefined && 'signal' in trigger ? [trigger.signal] : [];
  return [...new Set([...Object.values(single), ...channels, ...context, ...triggers])];
}
