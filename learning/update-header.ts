import { canonicalJson } from '../runtime/canonical-json.ts';
import { CodedError, type Fault } from '../runtime/errors.ts';
import type { CompressionSpec } from './compression/codec.ts';
import { FEDSHELL_KEY, isInteger, isObject, parseFedshellMetadata } from './weights/fedshell-metadata.ts';
import type { SafetensorsHeader } from './weights/safetensors-header.ts';

const ROLES = ['trainable', 'statistic', 'local'] as const;

/**
 * What a tensor is to the model: `trainable` ones are the strategy's; a `statistic` (running values of a batch
 * normalisation) is only ever averaged; `local` ones never leave their site.
 */
export type TensorRole = (typeof ROLES)[number];

/** What an update says about itself, in the `__metadata__` of its safetensors file. */
export interface UpdateHeader {
  readonly run: string;
  /** From 1. */
  readonly round: number;
  /** From 1. */
  readonly roundAttempt: number;
  readonly participant: string;
  /** Of the model version's file that training began from. */
  readonly baseSha256: string;
  /** Train examples behind the update, from 1. */
  readonly exampleCount: number;
  /** Further finite numbers by name, such as `trainedLoss`, or what a strategy asks for. */
  readonly scalars: Readonly<Record<string, number>>;
  /** By the tensor's name, `PART/NAME`; a compressed one stands in the file as the arrays of its codec. */
  readonly roles: Readonly<Record<string, TensorRole>>;
  /** The codec of those tensors of the delta that the pipeline compresses; absent where all stand as they are. */
  readonly compression?: CompressionSpec;
}

/** Name of a tensor in an update: the part, then the name of the model's tensor. */
export function partTensorName(part: string, tensor: string): string {
  return `${part}/${tensor}`;
}

/**
 * The `__metadata__` of an update's file; equal values give equal bytes.
 * @throws CodedError `E_UPDATE_MALFORMED` with every fault of what is to be written.
 */
export function writeUpdateHeader(header: UpdateHeader): Record<string, string> {
  const { run, round, roundAttempt, participant, baseSha256, exampleCount, scalars, roles } = header;
  const { compression } = header;
  const value = {
    run,
    round,
    roundAttempt,
    participant,
    baseSha256,
    exampleCount,
    scalars,
    roles,
    // Absent, the bytes are those of a file that knows no compression.
    ...(compression !== undefined && { compression }),
  };
  const metadata = { [FEDSHELL_KEY]: canonicalJson(value) };
  readUpdateHeader({ metadata });
  return metadata;
}

/**
 * Reads what an update says about itself.
 * @throws CodedError `E_UPDATE_MALFORMED` with every fault.
 */
export function readUpdateHeader(file: Pick<SafetensorsHeader, 'metadata'>): UpdateHeader {
  const faults: Fault[] = [];
  const value = parseFedshellMetadata(file.metadata, faults);
  if (value !== undefined) faults.push(...faultsOf(value));
  if (faults.length > 0) {
    const message = `the update's header has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}`;
    throw new CodedError('E_UPDATE_MALFORMED', message, { faults });
  }
  // Each member was checked just now.
  return value as unknown as UpdateHeader;
}

function faultsOf(value: Record<string, unknown>): Fault[] {
  const { run, round, roundAttempt, participant, baseSha256, exampleCount, scalars, roles } = value;
  const { compression } = value;
  const checks: [path: string, holds: boolean, message: string][] = [
    ['run', typeof run === 'string' && run !== '', 'must be the id of a run'],
    ['round', isInteger(round, 1), 'must be an integer from 1'],
    ['roundAttempt', isInteger(roundAttempt, 1), 'must be an integer from 1'],
    ['participant', typeof participant === 'string' && participant !== '', 'must be the id of a participant'],
    [
      'baseSha256',
      typeof baseSha256 === 'string' && /^[0-9a-f]{64}$/.test(baseSha256),
      'must be 64 hexadecimal digits',
    ],
    ['exampleCount', isInteger(exampleCount, 1), 'must be an integer from 1'],
    [
      'scalars',
      isObject(scalars) && Object.values(scalars).every(Number.isFinite),
      'must be finite numbers by name',
    ],
    [
      'roles',
      isObject(roles) && Object.values(roles).every(isRole),
      `must be one of ${ROLES.join(', ')} by tensor`,
    ],
    [
      'compression',
      compression === undefined || (isObject(compression) && typeof compression['key'] === 'string'),
      'must be an object with the key of a codec',
    ],
  ];
  return checks
    .filter(([, holds]) => !holds)
    .map(([path, , message]) => ({ path: `${FEDSHELL_KEY}/${path}`, message }));
}

function isRole(value: unknown): boolean {
  return ROLES.some((role) => role === value);
}
