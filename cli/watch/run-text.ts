import type { Run } from '../../openapi/schemas.ts';
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
      percent(score?.accuracy),
      score?.uar === undefined ? '' : percent(score.uar),
      score === undefined ? '' : score.loss.toFixed(4),
    ];
  });
  return table([
    ['round', 'state', 'updates', 'refused', 'version', 'accuracy', 'UAR', 'loss'],
    [
      '-',
      'initial',
      '',
      '',
      `${run.baseVersion ?? 0}`,
      percent(initial?.accuracy),
      percent(initial?.uar),
      initial === undefined ? '' : initial.loss.toFixed(4),
    ],
    ...rows,
  ]);
}
