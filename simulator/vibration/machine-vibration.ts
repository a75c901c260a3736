import type { RandomStream } from '../../learning/random.ts';
import { BEARING_6205, bearingFrequencies } from './bearing.ts';
import { applyBiquad, designBiquad, designMode } from './biquad.ts';
import type { MountingPosition, StructuralMode } from './mounting-position.ts';

/** What is wrong with a machine, as its operator notes it. */
export const CONDITIONS = ['healthy', 'inner-race', 'outer-race', 'unbalance'] as const;
export type Condition = (typeof CONDITIONS)[number];

export const SAMPLE_RATE_HZ = 12_000;

/** How a machine runs during a segment. */
export interface Operation {
  readonly condition: Condition;
  readonly shaftHz: number;
  /** Fraction of the rated load, 0 to 1. */
  readonly load: number;
  /** Strength of the fault, around 1. */
  readonly severity: number;
}

const TEETH = 23;
/** Spread of the time between two impacts: rolling elements slip (1 to 2 % of the period). */
const SLIP = 0.015;

/**
 * What the sensor at a position measures, in g: the shaft's harmonics, the mesh with sidebands of the shaft, flow and
 * friction noise, and the ringing that a bearing's defect excites at each passage.
 */
export function machineVibration(
  operation: Operation,
  position: MountingPosition,
  sampleCount: number,
  random: RandomStream,
): Float32Array {
  let signal = rotation(operation, sampleCount, random);
  for (const filter of position.filters) signal = applyBiquad(designBiquad(filter, SAMPLE_RATE_HZ), signal);
  for (const mode of position.modes) add(signal, ringing(operation, mode, sampleCount, random));
  const { neighbour, noiseStddev } = position;
  const step = (2 * Math.PI * neighbour.frequencyHz) / SAMPLE_RATE_HZ;
  const phase = 2 * Math.PI * random.uniform();
  return Float32Array.from(
    signal,
    (value, index) =>
      value + noiseStddev * random.normal() + neighbour.amplitude * Math.sin(phase + step * index),
  );
}

/** Shaft, mesh and process noise at their source. */
function rotation(operation: Operation, sampleCount: number, random: RandomStream): Float64Array {
  const { condition, shaftHz, load, severity } = operation;
  const imbalance = condition === 'unbalance' ? severity : 0;
  const shaft = [0.12 + 0.2 * imbalance, 0.05 + 0.03 * imbalance, 0.03 + 0.015 * imbalance];
  const mesh = [0.16, 0.08, 0.05].map((amplitude) => amplitude * (0.6 + 0.8 * load));
  const modulation = 0.15 + 0.2 * imbalance;
  const phases = Array.from({ length: shaft.length + mesh.length }, () => 2 * Math.PI * random.uniform());
  const step = (2 * Math.PI * shaftHz) / SAMPLE_RATE_HZ;
  const noise = 0.1 * (0.8 + 0.4 * load);
  let [angle, friction] = [0, 0];
  return Float64Array.from({ length: sampleCount }, () => {
    // The speed is never quite constant: a slow random walk of the angle.
    angle += step * (1 + 0.004 * random.normal());
    friction = 0.6 * friction + noise * random.normal();
    let value = friction;
    shaft.forEach((amplitude, index) => {
      value += amplitude * Math.sin((index + 1) * angle + phases[index]!);
    });
    const envelope = 1 + modulation * Math.sin(angle);
    mesh.forEach((amplitude, index) => {
      value += amplitude * envelope * Math.sin((index + 1) * TEETH * angle + phases[shaft.length + index]!);
    });
    return value;
  });
}

/** Impacts of a rolling element on a defect, as a mode of the structure answers them. */
function ringing(
  operation: Operation,
  mode: StructuralMode,
  sampleCount: number,
  random: RandomStream,
): Float64Array {
  const { condition, shaftHz, load, severity } = operation;
  const impacts = new Float64Array(sampleCount);
  const { outerRaceHz, innerRaceHz } = bearingFrequencies(BEARING_6205, shaftHz);
  if (condition === 'outer-race' || condition === 'inner-race') {
    const inner = condition === 'inner-race';
    const period = SAMPLE_RATE_HZ / (inner ? innerRaceHz : outerRaceHz);
    const strength = severity * (0.7 + 0.6 * load) * (inner ? mode.innerRaceGain : mode.outerRaceGain);
    for (let time = period * random.uniform(); time < sampleCount - 1; ) {
      // A defect of the inner race turns with the shaft through the load zone.
      const zone = inner ? 0.6 + 0.5 * Math.cos((2 * Math.PI * shaftHz * time) / SAMPLE_RATE_HZ) : 1;
      const amplitude = strength * zone * (1 + 0.2 * random.normal());
      const index = Math.floor(time);
      impacts[index]! += amplitude * (1 - (time - index));
      impacts[index + 1]! += amplitude * (time - index);
      time += period * (1 + SLIP * random.normal());
    }
  }
  return applyBiquad(designMode(mode, SAMPLE_RATE_HZ), impacts);
}

function add(target: Float64Array, values: Float64Array): void {
  for (let index = 0; index < target.length; index += 1) target[index]! += values[index]!;
}
