import { pointOnUnitCircle } from '../../../learning/portable/unit-circle.ts';
import type { ScheduleSpec, TrainingSpec } from '../../../openapi/schemas.ts';

/**
 * The learning rate of a round: the optimizer's times what the schedule says. It goes by rounds, not by local steps,
 * so that participants with few examples and those with many learn alike.
 * @param round from 1.
 */
export function learningRateOf({ optimizer, schedule }: TrainingSpec, round: number): number {
  if (schedule === undefined) return optimizer.learningRate;
  const { warmUpRounds = 0 } = schedule;
  const warmth = round <= warmUpRounds ? round / (warmUpRounds + 1) : 1;
  return optimizer.learningRate * factorOf(schedule, round) * warmth;
}

/** All in multiplications, since Math.pow and Math.cos may round differently in another version of Node. */
function factorOf(schedule: ScheduleSpec, round: number): number {
  switch (schedule.key) {
    case 'constant':
      return 1;
    case 'step': {
      let factor = 1;
      for (let fall = Math.floor((round - 1) / schedule.everyRounds); fall > 0; fall -= 1) {
        factor *= schedule.factor;
      }
      return factor;
    }
    case 'cosine': {
      const { overRounds, final = 0 } = schedule;
      const done = overRounds === 1 ? 1 : Math.min(1, (round - 1) / (overRounds - 1));
      if (done === 1) return final;
      const { cosine } = pointOnUnitCircle(round - 1, 2 * (overRounds - 1));
      return final + ((1 - final) * (1 + cosine)) / 2;
    }
  }
}
