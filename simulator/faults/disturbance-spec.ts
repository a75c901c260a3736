import type { Quality } from '../../connectors/connector.ts';
import type { Disturbance } from '../disturbance.ts';

/** A machine's disturbance as it is sent to the process of the server. */
export interface DisturbanceSpec {
  readonly clockOffsetMs: number;
  readonly quality: Quality;
  readonly drift?: { readonly gainPerMinute: number; readonly sinceMs: number };
}

export const NO_DISTURBANCE: DisturbanceSpec = { clockOffsetMs: 0, quality: 'good' };

/** By the machine's id. */
export type DisturbanceSpecs = Readonly<Record<string, DisturbanceSpec>>;

/** What the process of the server is told when disturbances change; machines that are not named have none. */
export interface DisturbMessage {
  readonly kind: 'disturb';
  readonly machines: DisturbanceSpecs;
}

export function toDisturbance({ clockOffsetMs, quality, drift }: DisturbanceSpec): Disturbance {
  return {
    clockOffsetMs,
    quality,
    gainAt: (timeMs) =>
      drift === undefined ? 1 : 1 + (drift.gainPerMinute * Math.max(0, timeMs - drift.sinceMs)) / 60_000,
  };
}
