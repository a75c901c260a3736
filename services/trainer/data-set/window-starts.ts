import type { DataProfile } from '../../../openapi/schemas.ts';
import type { BoundBlock } from './bound-block.ts';
import type { Journal } from './journal.ts';
import { compareTimes, type SourceTime } from './source-time.ts';

/** Where windows begin, by one block. */
export interface WindowStarts {
  /** Samples from the block's first one; negative for earlier ones. */
  readonly starts: readonly number[];
  /** Further windows that were asked for so long before that there are no samples of them. */
  readonly lost: number;
}

type Trigger = NonNullable<DataProfile['trigger']>;
type SignalTrigger = Extract<Trigger, { signal: string }>;

interface StartsOptions {
  readonly journal: Journal;
  readonly trigger: Trigger;
  /** Without it windows begin with the first block at the trigger or after it. */
  readonly sampleRateHz: number | undefined;
}

const NONE: WindowStarts = { starts: [], lost: 0 };
const VALUES_AT_ONCE = 1000;

/**
 * Where a trigger lets windows begin. A trigger counts with the first block at its time or after it, so that each is
 * seen exactly once, whatever lies between the blocks.
 */
export function windowStarts(
  options: StartsOptions,
): (block: BoundBlock, previous: BoundBlock | undefined) => WindowStarts {
  const { trigger } = options;
  switch (trigger.kind) {
    case 'time':
      return (block, previous) => everyMs(trigger.everyMs, options.sampleRateHz, block, previous);
    case 'count':
      return everyBlocks(trigger.everyBlocks);
    case 'cycle':
    case 'event':
      return (block, previous) => atValues(options, trigger, block, previous);
  }
}

/** Samples that a trigger may lie before a block of its time, see `TriggeredCutter`. */
export function backSamples({ trigger, sampleRateHz = 0 }: Omit<StartsOptions, 'journal'>): number {
  const offsetMs = 'offsetMs' in trigger ? (trigger.offsetMs ?? 0) : 0;
  return Math.max(0, Math.ceil((-offsetMs * sampleRateHz) / 1000));
}

function everyMs(
  stepMs: number,
  sampleRateHz: number | undefined,
  block: BoundBlock,
  previous: BoundBlock | undefined,
): WindowStarts {
  const last = Math.floor(block.timestampMs / stepMs);
  if (previous === undefined || timeOf(previous).epoch !== timeOf(block).epoch) {
    return last * stepMs === block.timestampMs ? { starts: [0], lost: 0 } : NONE;
  }
  const count = last - Math.floor(previous.timestampMs / stepMs);
  if (count <= 0) return NONE;
  if (sampleRateHz === undefined) return { starts: [0], lost: count - 1 };
  // Before the previous block's first sample there is nothing for these triggers.
  const nearest = Math.min(count, Math.ceil((2 * 1000 * previous.length) / sampleRateHz / stepMs) + 1);
  const starts = Array.from({ length: nearest }, (_, index) =>
    Math.round(((last - nearest + 1 + index) * stepMs - block.timestampMs) * (sampleRateHz / 1000)),
  );
  return { starts, lost: count - nearest };
}

function everyBlocks(every: number): (block: BoundBlock) => WindowStarts {
  let index = -1;
  let segment: string | undefined;
  return (block) => {
    if (block.segment !== segment) index = -1;
    segment = block.segment;
    index += 1;
    return (block.number ?? index) % every === 0 ? { starts: [0], lost: 0 } : NONE;
  };
}

function atValues(
  { journal, sampleRateHz }: StartsOptions,
  trigger: SignalTrigger,
  block: BoundBlock,
  previous: BoundBlock | undefined,
): WindowStarts {
  const until = timeOf(block);
  let after: SourceTime =
    previous === undefined ? { epoch: until.epoch, timestampMs: until.timestampMs - 1 } : timeOf(previous);
  const offsetMs = trigger.offsetMs ?? 0;
  const starts: number[] = [];
  let lost = 0;
  let before = trigger.kind === 'cycle' ? journal.contextAt(trigger.signal, after) : undefined;
  for (;;) {
    const values = journal.contextAfter(trigger.signal, after, VALUES_AT_ONCE);
    for (const value of values) {
      if (compareTimes(value, until) > 0) return { starts, lost };
      after = value;
      const fires = value.good && isTrigger(trigger, value.value, before?.value);
      if (value.good) before = value;
      if (!fires) continue;
      if (value.epoch !== until.epoch) lost += 1;
      else if (sampleRateHz === undefined) starts.push(0);
      else
        starts.push(Math.round((value.timestampMs + offsetMs - until.timestampMs) * (sampleRateHz / 1000)));
    }
    if (values.length < VALUES_AT_ONCE) return { starts, lost };
  }
}

function isTrigger(trigger: SignalTrigger, value: unknown, before: unknown): boolean {
  if (trigger.kind === 'cycle') return value !== before;
  return trigger.value === undefined || trigger.value === value;
}

function timeOf({ epoch = 0, timestampMs }: BoundBlock): SourceTime {
  return { epoch, timestampMs };
}
