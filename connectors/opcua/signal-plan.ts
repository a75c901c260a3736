import type { OpcuaSignal, OpcuaSource } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import type { Conversion } from './sample-value.ts';
import type { TrackPlan } from './track.ts';

/** The group of signals that name none. */
export const DEFAULT_GROUP = '';

/** A signal whose changes the server notifies. */
interface Subscribed extends Planned {
  readonly way: 'subscribe';
}

/** A signal that is read again and again. */
interface Polled extends Planned {
  readonly way: 'poll';
  readonly intervalMs: number;
}

/** A signal that a method returns. */
export interface Captured extends Planned {
  readonly way: 'capture';
  readonly capture: NonNullable<OpcuaSignal['capture']>;
  /** Undefined where another signal triggers it. */
  readonly intervalMs?: number;
}

/** A signal whose values are events. */
export interface EventSignal extends Planned {
  readonly way: 'event';
  readonly event: NonNullable<OpcuaSignal['event']>;
}

interface Planned {
  readonly signal: string;
  readonly spec: OpcuaSignal;
  readonly track: TrackPlan;
  readonly conversion?: Conversion;
}

/** How a signal is got. */
export type SignalPlan = Subscribed | Polled | Captured | EventSignal;

/**
 * How each signal of a source is got.
 * @throws CodedError `E_INVALID_INPUT` for signals that the source does not have.
 */
export function planSignals(source: OpcuaSource, names: readonly string[]): SignalPlan[] {
  const faults = names
    .filter((name) => source.signals[name] === undefined)
    .map((name) => ({ path: name, message: 'is not among the signals of the source' }));
  if (faults.length > 0) {
    throw new CodedError('E_INVALID_INPUT', `the source ${source.endpoint} lacks signals`, { faults });
  }
  return names.flatMap((name) => {
    const spec = source.signals[name];
    return spec === undefined ? [] : [planSignal(name, spec)];
  });
}

/** Address of each node that a plan needs, by a name that faults can show. */
export function addressesOf(plans: readonly SignalPlan[]): Map<string, string> {
  return new Map(
    plans.flatMap((plan): [string, string][] => {
      switch (plan.way) {
        case 'capture':
          return [
            [plan.signal, plan.capture.object],
            [methodKey(plan.signal), plan.capture.method],
          ];
        case 'event':
          return [
            [plan.signal, plan.event.source],
            [eventTypeKey(plan.signal), plan.event.type],
          ];
        default:
          return [[plan.signal, plan.spec.node ?? plan.spec.path ?? '']];
      }
    }),
  );
}

/** Under which the address of a capture's method goes. */
export function methodKey(signal: string): string {
  return `${signal} (method)`;
}

/** Under which the address of an event's type goes. */
export function eventTypeKey(signal: string): string {
  return `${signal} (event type)`;
}

/** Publishing interval of each group that signals are in. */
export function groupIntervals(source: OpcuaSource, plans: readonly SignalPlan[]): Map<string, number> {
  return new Map(
    plans
      .filter(({ way }) => way === 'subscribe' || way === 'event')
      .map(({ track: { group } }) => [
        group,
        source.groups?.[group]?.publishingIntervalMs ?? source.publishingIntervalMs,
      ]),
  );
}

function planSignal(signal: string, spec: OpcuaSignal): SignalPlan {
  const { rateHz, kind, group = DEFAULT_GROUP, maxAgeMs, field, scale, offset } = spec;
  const converts = field !== undefined || scale !== undefined || offset !== undefined;
  const conversion = converts ? { conversion: conversionOf(spec) } : {};
  const interval = rateHz === undefined ? {} : { intervalMs: 1_000 / rateHz };
  if (spec.capture !== undefined) {
    const track = { signal, group: ownGroup(signal) };
    return { way: 'capture', signal, spec, track, capture: spec.capture, ...interval, ...conversion };
  }
  if (spec.event !== undefined) {
    return { way: 'event', signal, spec, track: { signal, group }, event: spec.event, ...conversion };
  }
  if (kind === 'polled') {
    const track = { signal, group: ownGroup(signal) };
    return { way: 'poll', signal, spec, track, intervalMs: 1_000 / (rateHz ?? 1), ...conversion };
  }
  const track = {
    signal,
    group,
    ...(kind === 'periodic' && rateHz !== undefined ? { periodMs: 1_000 / rateHz } : {}),
    ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
  };
  return { way: 'subscribe', signal, spec, track, ...conversion };
}

/** What is in no subscription tells nothing of other signals; no group of a source begins with a space. */
function ownGroup(signal: string): string {
  return ` ${signal}`;
}

function conversionOf({ field, scale, offset }: OpcuaSignal): Conversion {
  return {
    ...(field === undefined ? {} : { field }),
    ...(scale === undefined ? {} : { scale }),
    ...(offset === undefined ? {} : { offset }),
  };
}
