import type { DataProfile } from '../../openapi/schemas.ts';

/** The names of the profile that are not among a participant's signals. */
export function missingSignals({ signals }: DataProfile, has: readonly string[]): string[] {
  const { waveform, label, lot, context = [], block, segment, finished } = signals;
  const named = [waveform, label, lot, ...context, block, segment, finished];
  return named.filter((name) => name !== undefined).filter((name) => !has.includes(name));
}
