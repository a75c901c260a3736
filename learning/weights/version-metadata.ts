import { canonicalJson } from '../../runtime/canonical-json.ts';
import { CodedError, type Fault } from '../../runtime/errors.ts';
import { FEDSHELL_KEY, isInteger, isObject, parseFedshellMetadata } from './fedshell-metadata.ts';

/** How features are standardised before they enter the model; with `local` each site fits its own. */
export type ScalerMetadata =
  | { readonly kind: 'local' }
  | {
      readonly kind: 'federated';
      readonly mean: readonly number[];
      readonly standardDeviation: readonly number[];
    };

/** What is needed to apply a model version, and nothing else: all that is in its file is part of its sha256. */
export interface VersionMetadata {
  /** `main` unless a strategy keeps several models. */
  readonly group: string;
  /** From 0, the initial version. */
  readonly number: number;
  /** Of one example. */
  readonly inputShape: readonly number[];
  /** Of the model's answer for one example. */
  readonly outputShape: readonly number[];
  /** The federation's ModelSpec. */
  readonly model: { readonly key: string; readonly [option: string]: unknown };
  /** The federation's DataProfile; `classes` gives the order of the outputs. */
  readonly profile: { readonly classes: readonly string[]; readonly [option: string]: unknown };
  readonly scaler: ScalerMetadata;
}

/**
 * The `__metadata__` of a model version's file; equal values give equal bytes.
 * @throws CodedError `E_MALFORMED_SAFETENSORS` with every fault of what is to be written.
 */
export function writeVersionMetadata(metadata: VersionMetadata): Record<string, string> {
  const { group, number, inputShape, outputShape, model, profile, scaler } = metadata;
  const written = {
    [FEDSHELL_KEY]: canonicalJson({ group, number, inputShape, outputShape, model, profile, scaler }),
  };
  readVersionMetadata(written);
  return written;
}

/**
 * Reads the metadata of a model version's file. Model and profile are checked only as far as this folder uses them;
 * check them against their schemas before you build a model from them.
 * @param metadata of the header of a safetensors file.
 * @throws CodedError `E_MALFORMED_SAFETENSORS` with every fault.
 */
export function readVersionMetadata(metadata: Readonly<Record<string, string>>): VersionMetadata {
  const faults: Fault[] = [];
  const value = parseFedshellMetadata(metadata, faults);
  if (value !== undefined) faults.push(...faultsOf(value));
  if (faults.length > 0) {
    const message = `the file does not say which model version it is: ${faults[0]?.message}`;
    throw new CodedError('E_MALFORMED_SAFETENSORS', message, { faults });
  }
  // Each member was checked just now.
  return value as unknown as VersionMetadata;
}

function faultsOf(value: Record<string, unknown>): Fault[] {
  const { group, number, inputShape, outputShape, model, profile, scaler } = value;
  const checks: [path: string, holds: boolean, message: string][] = [
    ['group', typeof group === 'string' && group !== '', 'must be the name of a group'],
    ['number', isInteger(number, 0), 'must be an integer from 0'],
    ['inputShape', isShape(inputShape), 'must be integers from 1'],
    ['outputShape', isShape(outputShape), 'must be integers from 1'],
    ['model', isObject(model) && typeof model['key'] === 'string', 'must be an object with a key'],
    ['profile', isObject(profile) && isClasses(profile['classes']), 'must be an object with its classes'],
    [
      'scaler',
      isScaler(scaler),
      'must be local, or federated with a mean and a deviation above 0 per feature',
    ],
  ];
  return checks
    .filter(([, holds]) => !holds)
    .map(([path, , message]) => ({ path: `${FEDSHELL_KEY}/${path}`, message }));
}

function isShape(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((dimension) => isInteger(dimension, 1));
}

function isClasses(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string');
}

function isScaler(value: unknown): boolean {
  if (!isObject(value)) return false;
  if (value['kind'] === 'local') return true;
  const { kind, mean, standardDeviation } = value;
  if (kind !== 'federated' || !Array.isArray(mean) || !Array.isArray(standardDeviation)) return false;
  return (
    mean.length === standardDeviation.length &&
    mean.every((number) => Number.isFinite(number)) &&
    standardDeviation.every((number) => Number.isFinite(number) && number > 0)
  );
}
