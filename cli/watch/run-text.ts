import type { Evaluation, Run } from '../../openapi/schemas.ts';
import { percent } from '../terminal/output.ts';
import { table } from '../terminal/table.ts';
import { runLine } from './run-view.ts';

/** A run with a table of its rounds: what each version scores on all local test windows. */
export function runText(run: Run): string {
  return `${runLine(run)}\n\n${roundTable(run)}`;
}

/** The rounds of a run, the version before the first one included. */
export function roundTable(run: Run): string {
  const evaluation = (version: number | undefined) =>
    run.evaluations.find(({ number }) => number === version);
  const initial = evaluation(run.baseVersion ?? 0);
  const rows = run.rounds.map((round) => {
    const score = evaluation(round.version);
    return [
      round.roundAttempt === 1 ? `${round.round}` : `${round.round} (attempt ${round.roundAttempt})`,
      round.state,
      `${round.contributions.length} of ${round.cohort.length}`,
      round.refusals.length === 0 ? '' : `${round.refusals.length}`,
      round.version === undefined ? '' : `${round.version}`,
      ...figuresOf(score),
    ];
  });
  return table([
    ['round', 'state', 'updates', 'refused', 'version', 'accuracy', 'worst tenth', 'variance', 'UAR', 'loss'],
    ['-', 'initial', '', '', `${run.baseVersion ?? 0}`, ...figuresOf(initial)],
    ...rows,
  ]);
}

/** Accuracy with its fairness over participants, UAR and loss. */
function figuresOf(score: Evaluation | undefined): string[] {
  return [
    percent(score?.accuracy),
    percent(score?.fairness?.worstTenth),
    score?.fairness?.variance.toFixed(4) ?? '',
    percent(score?.uar),
    score?.loss.toFixed(4) ?? '',
  ];
}
