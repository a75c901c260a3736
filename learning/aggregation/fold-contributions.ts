import { CodedError, type Fault } from '../../runtime/errors.ts';
import { partTensorName } from '../update-header.ts';
import type { SafetensorsHeader } from '../weights/safetensors-header.ts';
import type { SafetensorsStream } from '../weights/stream-safetensors.ts';
import { sameShape, type Tensor } from '../weights/tensor.ts';
import { WeightedSum } from './weighted-sum.ts';

/** An update that was verified and counts. */
export interface Contribution {
  readonly participant: string;
  /** Train examples behind it, from 1: its factor in the mean. */
  readonly exampleCount: number;
  /** Opens the update's file from its beginning, such as by `streamSafetensors`. */
  open(): Promise<SafetensorsStream>;
}

/** The sum of the contributions' tensors, each times its exampleCount. */
export interface FoldedContributions {
  readonly sum: WeightedSum;
  /** The sum of the factors. */
  readonly exampleCount: number;
}

/**
 * Folds the tensors `PART/NAME` of all contributions, one contribution after the other in the order of the participants'
 * ids, whatever order they are given in: the same contributions give the same bits. In memory are the sum and a piece.
 * @param base the version's tensors by NAME; every contribution must hold all of them.
 * @throws CodedError `E_UPDATE_SHAPES` if a contribution holds other tensors, RangeError if there is none or two of one
 * participant.
 */
export async function foldContributions(
  part: string,
  base: ReadonlyMap<string, Tensor>,
  contributions: readonly Contribution[],
): Promise<FoldedContributions> {
  if (contributions.length === 0) throw new RangeError('there is no contribution to fold');
  const shapes = new Map([...base].map(([name, { shape }]) => [partTensorName(part, name), shape]));
  const sum = new WeightedSum(
    new Map([...base].map(([name, { values }]) => [partTensorName(part, name), values.length])),
  );
  let exampleCount = 0;
  for (const contribution of sortedByParticipant(contributions)) {
    await fold(contribution, shapes, sum);
    exampleCount += contribution.exampleCount;
  }
  return { sum, exampleCount };
}

function sortedByParticipant(contributions: readonly Contribution[]): Contribution[] {
  const byParticipant = new Map(
    contributions.map((contribution) => [contribution.participant, contribution]),
  );
  if (byParticipant.size < contributions.length) throw new RangeError('a participant contributes only once');
  // By code units: an order by locale could differ from one machine to the next.
  return [...byParticipant.keys()].sort().map((participant) => byParticipant.get(participant)!);
}

async function fold(
  { participant, exampleCount, open }: Contribution,
  shapes: ReadonlyMap<string, readonly number[]>,
  sum: WeightedSum,
): Promise<void> {
  if (!Number.isSafeInteger(exampleCount) || exampleCount < 1) {
    throw new RangeError(`the exampleCount of ${participant} is an integer from 1`);
  }
  const stream = await open();
  try {
    const faults = shapeFaults(stream.header, shapes);
    if (faults.length > 0) {
      const message = `the update of ${participant} does not fit the model: ${faults[0]?.message}`;
      throw new CodedError('E_UPDATE_SHAPES', message, { faults });
    }
    for await (const { tensor, offset, values } of stream.values) {
      if (shapes.has(tensor)) sum.add(tensor, offset, values, exampleCount);
    }
  } finally {
    await stream.close();
  }
}

function shapeFaults(header: SafetensorsHeader, shapes: ReadonlyMap<string, readonly number[]>): Fault[] {
  const actual = new Map(header.tensors.map(({ name, shape }) => [name, shape]));
  return [...shapes]
    .filter(([name, shape]) => !sameShape(actual.get(name) ?? [Number.NaN], shape))
    .map(([path]) => ({ path, message: `tensor ${path} is missing or of another shape` }));
}
