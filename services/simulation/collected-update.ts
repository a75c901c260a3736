import { contributionFacts } from '../../learning/pipeline/contribution-facts.ts';
import type { SpooledUpdate } from '../../learning/pipeline/spool-reducer.ts';
import type { Assignment, ContributionFacts, Strategy } from '../../learning/strategies/strategy.ts';
import { readUpdateHeader, type UpdateHeader } from '../../learning/update-header.ts';
import {
  readSafetensors,
  readSafetensorsHeader,
  writeSafetensors,
} from '../../learning/weights/safetensors.ts';
import type { Tensor } from '../../learning/weights/tensor.ts';

/** An update that arrived, decoded. */
export interface CollectedUpdate {
  readonly participant: string;
  readonly header: UpdateHeader;
  readonly facts: ContributionFacts;
  /** A safetensors file of 32-bit floats. */
  readonly bytes: Uint8Array;
  readonly sentBytes: number;
  /** What its delta's trainable tensors are multiplied by: it was clipped. */
  readonly scale?: number | undefined;
  /** What the participant keeps once the update counts: sha256 of its file. */
  readonly state: string | undefined;
}

/** Opens an update's plain file. */
export function collectedUpdate(
  strategy: Strategy,
  assignment: Assignment,
  staleness: number,
  { bytes, sentBytes, state }: Pick<CollectedUpdate, 'bytes' | 'sentBytes' | 'state'>,
): CollectedUpdate {
  const header = readUpdateHeader(readSafetensorsHeader(bytes));
  const facts = contributionFacts(strategy, header, assignment, staleness);
  const { participant } = header;
  return { participant, header, facts, bytes, sentBytes, state };
}

/** The same update with other values. */
export function withValues(update: CollectedUpdate, tensors: ReadonlyMap<string, Tensor>): CollectedUpdate {
  const { metadata } = readSafetensorsHeader(update.bytes);
  const bytes = writeSafetensors(
    [...tensors].map(([name, { shape, values }]) => ({ name, shape, values })),
    metadata,
  );
  return { ...update, bytes };
}

/** Its tensors, as copies. */
export function tensorsOf({ bytes }: CollectedUpdate): ReadonlyMap<string, Tensor> {
  const { tensors } = readSafetensors(bytes.slice());
  return new Map([...tensors].map(([name, { shape, values }]) => [name, { shape, values: values.slice() }]));
}

/** As the fold finds it in memory. */
export function spooledUpdate({ participant, bytes, scale }: CollectedUpdate): SpooledUpdate {
  return { participant, path: `update-${participant}`, header: readSafetensorsHeader(bytes), scale };
}
