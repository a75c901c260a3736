import { refuseUnknownOptions } from '../../../learning/options.ts';
import type { ModelSpec } from '../../../openapi/schemas.ts';
import { unfit } from './read-options.ts';

/** What an `autoencoder` federation says of anomalies. */
export interface AnomalySpec {
  readonly hidden: readonly number[];
  /** Names of the classes that are no anomalies; the profile's first one where it is absent. */
  readonly normal: readonly string[] | undefined;
  /** Share of the normal train examples that the threshold lets pass. */
  readonly quantile: number;
}

/**
 * Reads the options of an autoencoder: `hidden`, `normal` (names of classes) and `quantile` (0.99).
 * @throws CodedError `E_INVALID_INPUT`
 */
export function anomalySpec(spec: ModelSpec): AnomalySpec {
  refuseUnknownOptions('model', spec, ['hidden', 'normal', 'quantile']);
  const { normal, quantile = 0.99 } = spec;
  if (typeof quantile !== 'number' || !(quantile > 0 && quantile <= 1)) {
    throw unfit(spec, 'quantile', 'must be a number above 0 and up to 1');
  }
  if (normal !== undefined && !isListOfNames(normal)) {
    throw unfit(spec, 'normal', 'must be a list of classes');
  }
  return { hidden: spec.hidden ?? [64, 8, 64], normal, quantile };
}

/**
 * Which classes of a profile are normal.
 * @throws CodedError `E_INVALID_INPUT` if one is named that there is not, or if none or all are normal.
 */
export function normalClasses(spec: ModelSpec, classes: readonly string[]): readonly boolean[] {
  const { normal = classes.slice(0, 1) } = anomalySpec(spec);
  const strange = normal.filter((name) => !classes.includes(name));
  if (strange.length > 0) throw unfit(spec, 'normal', `names ${strange.join(', ')}, no class of the profile`);
  const isNormal = classes.map((name) => normal.includes(name));
  if (isNormal.every((value) => value === isNormal[0])) {
    throw unfit(spec, 'normal', 'must leave normal and other classes');
  }
  return isNormal;
}

function isListOfNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string');
}
