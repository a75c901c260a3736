import type { Quality } from '../connectors/connector.ts';

/** What is wrong with a machine's sensors and clock at present. */
export interface Disturbance {
  /** How far its clock is ahead, in milliseconds; negative where it is behind. */
  readonly clockOffsetMs: number;
  /** Quality of what it writes. */
  readonly quality: Quality;
  /** By what its vibration is multiplied at a time, in milliseconds since 1970. */
  gainAt(timeMs: number): number;
}

/** Nothing is wrong. */
export const UNDISTURBED: Disturbance = { clockOffsetMs: 0, quality: 'good', gainAt: () => 1 };
