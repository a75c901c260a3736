import { CodedError, type Fault as InputFault } from '../../runtime/errors.ts';

/** What can be done to a line; times in milliseconds. */
export type FaultRequest =
  /** kill -9 of the server, which starts again after the duration. */
  | { readonly kind: 'kill'; readonly durationMs: number }
  /** The server's process stands still. */
  | { readonly kind: 'freeze'; readonly durationMs: number }
  /** Connections end and new ones are refused. */
  | { readonly kind: 'cut'; readonly durationMs: number }
  /** Connections stay and carry nothing. */
  | { readonly kind: 'silence'; readonly durationMs: number }
  | MachineFault;

/** What can be wrong with one machine or, without `machine`, with all of them; for good without `durationMs`. */
export type MachineFault =
  /** Its clock is this far ahead, or behind. */
  | (OfMachine & { readonly kind: 'clock-skew'; readonly offsetMs: number })
  /** Its values are of this quality. */
  | (OfMachine & { readonly kind: 'bad-quality'; readonly quality: 'uncertain' | 'bad' })
  /** Its vibration grows by this share of itself a minute. */
  | (OfMachine & { readonly kind: 'drift'; readonly gainPerMinute: number });

interface OfMachine {
  readonly machine?: string;
  readonly durationMs?: number;
}

const FIELDS = {
  kill: ['durationMs'],
  freeze: ['durationMs'],
  cut: ['durationMs'],
  silence: ['durationMs'],
  'clock-skew': ['offsetMs'],
  'bad-quality': ['quality'],
  drift: ['gainPerMinute'],
} as const;

/** A day is longer than any test. */
const LONGEST_MS = 86_400_000;

/** Reads a request. @throws CodedError `E_INVALID_INPUT` with everything that is wrong with it */
export function parseFault(body: unknown, machines: readonly string[]): FaultRequest {
  const input: Readonly<Record<string, unknown>> =
    typeof body === 'object' && body !== null ? Object.fromEntries(Object.entries(body)) : {};
  const faults: InputFault[] = [];
  const expect = (holds: boolean, path: string, message: string) => {
    if (!holds) faults.push({ path: `/${path}`, message });
  };
  const { kind, durationMs, machine, offsetMs, quality, gainPerMinute } = input;
  const within = (value: unknown, least: number, most: number) =>
    typeof value === 'number' && value >= least && value <= most;
  const fields = Object.hasOwn(FIELDS, String(kind)) ? FIELDS[kind as keyof typeof FIELDS] : undefined;
  expect(fields !== undefined, 'kind', `must be one of ${Object.keys(FIELDS).join(', ')}`);
  const ofMachine = fields !== undefined && !(fields as readonly string[]).includes('durationMs');
  const known = ['kind', ...(fields ?? []), ...(ofMachine ? ['durationMs', 'machine'] : [])];
  for (const name of Object.keys(input)) {
    expect(fields === undefined || known.includes(name), name, 'is not a field of this kind');
  }
  const hasDuration = !ofMachine || durationMs !== undefined;
  if (fields !== undefined && hasDuration) {
    expect(within(durationMs, 0, LONGEST_MS), 'durationMs', `must be a number from 0 to ${LONGEST_MS}`);
  }
  if (ofMachine && machine !== undefined) {
    expect(machines.includes(String(machine)), 'machine', `must be one of ${machines.join(', ')}`);
  }
  if (kind === 'clock-skew') {
    expect(within(offsetMs, -LONGEST_MS, LONGEST_MS), 'offsetMs', `must be within ±${LONGEST_MS}`);
  }
  if (kind === 'bad-quality') {
    expect(quality === 'uncertain' || quality === 'bad', 'quality', 'must be uncertain or bad');
  }
  if (kind === 'drift') {
    expect(within(gainPerMinute, -10, 10), 'gainPerMinute', 'must be a number from -10 to 10');
  }
  if (faults.length > 0) throw new CodedError('E_INVALID_INPUT', 'this is no fault', { faults });
  // Every field of its kind has been checked.
  return input as unknown as FaultRequest;
}
