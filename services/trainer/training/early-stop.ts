import type { TrainingSpec } from '../../../openapi/schemas.ts';

/** Whether training has come to its end after an epoch of this mean loss. It remembers the lowest one. */
export type EarlyStop = (trainedLoss: number) => boolean;

/** Ends a training once so many epochs in a row have not lowered the loss; never without a specification. */
export function earlyStop(spec: TrainingSpec['earlyStop']): EarlyStop {
  if (spec === undefined) return () => false;
  const { patience, minimumGain = 0 } = spec;
  let lowest = Number.POSITIVE_INFINITY;
  let without = 0;
  return (trainedLoss) => {
    // Written so that a loss of infinity, which training refuses anyway, is no gain.
    const gained = trainedLoss < lowest - minimumGain;
    without = gained ? 0 : without + 1;
    if (gained) lowest = trainedLoss;
    return without >= patience;
  };
}
