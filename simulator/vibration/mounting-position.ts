import { type RandomStream, randomStream } from '../../learning/random.ts';
import type { FilterSpec } from './biquad.ts';

/** A mode of the structure between bearing and sensor. */
export interface StructuralMode {
  readonly frequencyHz: number;
  /** Time in which ringing decays to 1/e. */
  readonly decayMs: number;
  /** How strongly defects of the outer and of the inner race reach the sensor through it; their paths differ. */
  readonly outerRaceGain: number;
  readonly innerRaceGain: number;
}

/** Where a sensor sits: what the machine's vibration becomes on its way there, and what is added there. */
export interface MountingPosition {
  readonly name: string;
  readonly modes: readonly StructuralMode[];
  /** The structure's and the mount's transfer function for everything the machine does. */
  readonly filters: readonly FilterSpec[];
  /** Standard deviation of what sensor, cable and surroundings add, of the same unit as the signal (g). */
  readonly noiseStddev: number;
  /** A neighbouring machine that is heard here. */
  readonly neighbour: { readonly frequencyHz: number; readonly amplitude: number };
}

/** A mode of the bearing housing itself, which every position hears a little. */
const HOUSING_MODE: StructuralMode = {
  frequencyHz: 5300,
  decayMs: 0.5,
  outerRaceGain: 0.1,
  innerRaceGain: 0.4,
};

const POSITIONS: readonly MountingPosition[] = [
  {
    name: 'bearing-housing',
    modes: [
      { frequencyHz: 2700, decayMs: 0.9, outerRaceGain: 1.1, innerRaceGain: 0.25 },
      { frequencyHz: 4600, decayMs: 0.6, outerRaceGain: 0.2, innerRaceGain: 0.9 },
      HOUSING_MODE,
    ],
    filters: [
      { kind: 'high-pass', frequencyHz: 15, quality: 0.7 },
      { kind: 'peak', frequencyHz: 2500, quality: 3, gainDb: 8 },
      { kind: 'peak', frequencyHz: 900, quality: 2, gainDb: -10 },
    ],
    noiseStddev: 0.05,
    neighbour: { frequencyHz: 412, amplitude: 0.05 },
  },
  {
    name: 'motor-flange',
    modes: [
      { frequencyHz: 1350, decayMs: 1.4, outerRaceGain: 0.2, innerRaceGain: 1 },
      { frequencyHz: 3500, decayMs: 0.7, outerRaceGain: 1, innerRaceGain: 0.25 },
      HOUSING_MODE,
    ],
    filters: [
      { kind: 'high-pass', frequencyHz: 60, quality: 0.9 },
      { kind: 'peak', frequencyHz: 1300, quality: 4, gainDb: 12 },
      { kind: 'low-pass', frequencyHz: 4200, quality: 0.6 },
    ],
    noiseStddev: 0.05,
    neighbour: { frequencyHz: 1875, amplitude: 0.08 },
  },
  {
    name: 'base-plate',
    modes: [
      { frequencyHz: 760, decayMs: 2.2, outerRaceGain: 0.9, innerRaceGain: 0.2 },
      { frequencyHz: 1950, decayMs: 1.1, outerRaceGain: 0.2, innerRaceGain: 0.85 },
      HOUSING_MODE,
    ],
    filters: [
      { kind: 'high-pass', frequencyHz: 8, quality: 0.7 },
      { kind: 'peak', frequencyHz: 700, quality: 3, gainDb: 9 },
      { kind: 'low-pass', frequencyHz: 2300, quality: 0.7 },
    ],
    noiseStddev: 0.05,
    neighbour: { frequencyHz: 2900, amplitude: 0.06 },
  },
  {
    name: 'gearbox-cover',
    modes: [
      { frequencyHz: 3200, decayMs: 0.8, outerRaceGain: 0.95, innerRaceGain: 0.25 },
      { frequencyHz: 4350, decayMs: 0.6, outerRaceGain: 0.2, innerRaceGain: 0.95 },
      HOUSING_MODE,
    ],
    filters: [
      { kind: 'high-pass', frequencyHz: 110, quality: 0.8 },
      { kind: 'peak', frequencyHz: 3200, quality: 2.5, gainDb: 10 },
      { kind: 'peak', frequencyHz: 1500, quality: 2, gainDb: -8 },
    ],
    noiseStddev: 0.05,
    neighbour: { frequencyHz: 620, amplitude: 0.07 },
  },
  {
    name: 'frame',
    modes: [
      { frequencyHz: 950, decayMs: 1.8, outerRaceGain: 0.95, innerRaceGain: 0.2 },
      { frequencyHz: 1700, decayMs: 1.1, outerRaceGain: 0.2, innerRaceGain: 0.9 },
      HOUSING_MODE,
    ],
    filters: [
      { kind: 'high-pass', frequencyHz: 25, quality: 1.1 },
      { kind: 'peak', frequencyHz: 4000, quality: 4, gainDb: 9 },
      { kind: 'peak', frequencyHz: 1000, quality: 3, gainDb: 7 },
    ],
    noiseStddev: 0.05,
    neighbour: { frequencyHz: 2350, amplitude: 0.06 },
  },
];

/**
 * The position of the sensor of the machine with this index: one of the known ones; beyond them, the same again on a
 * structure of other stiffness.
 */
export function mountingPosition(index: number, seed: number): MountingPosition {
  const position = POSITIONS[index % POSITIONS.length]!;
  if (index < POSITIONS.length) return position;
  const stiffness = 0.88 + 0.24 * streamOf(seed, index).uniform();
  const scaled = <Item extends { readonly frequencyHz: number }>(item: Item): Item => ({
    ...item,
    frequencyHz: item.frequencyHz * stiffness,
  });
  return {
    ...position,
    name: `${position.name}-${Math.floor(index / POSITIONS.length) + 1}`,
    modes: position.modes.map(scaled),
    filters: position.filters.map(scaled),
  };
}

function streamOf(seed: number, position: number): RandomStream {
  return randomStream({ seed, round: 0, participant: `position-${position}`, purpose: 'mounting' });
}
