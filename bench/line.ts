import type { Federation, Run } from '../openapi/schemas.ts';
import { CodedError } from '../runtime/errors.ts';
import { mean, note, printFigure } from './support/figure.ts';
import { RunningDemo } from './support/running-demo.ts';

const SEEDS = [1, 2, 3, 4, 5];

/**
 * What a federation is worth on the generated line: the accuracy of its model on all test windows, and that of a model
 * that one participant trained alone, for as many epochs, on the windows of the *other* positions.
 */
export async function run(): Promise<void> {
  const federated: number[] = [];
  const alone: number[] = [];
  for (const seed of SEEDS) {
    const demo = new RunningDemo(['--seed', String(seed)]);
    try {
      federated.push(accuracyOf(await completed(demo, ({ state }) => state !== undefined)));
      const participants = (await demo.participants()).map(({ id }) => id).sort();
      const scores = [];
      for (const participant of participants) scores.push(await trainAlone(demo, participant, participants));
      alone.push(mean(scores));
      note(
        `line: seed ${seed}: federated ${federated.at(-1)?.toFixed(3)}, alone ${alone.at(-1)?.toFixed(3)}`,
      );
    } finally {
      await demo.end();
    }
  }
  const settings = { unit: 'fraction', seeds: SEEDS };
  printFigure({ name: 'line', value: mean(federated) - mean(alone), of: 'federated - alone', ...settings });
  printFigure({ name: 'line/federated', value: mean(federated), perSeed: federated, ...settings });
  printFigure({ name: 'line/alone', value: mean(alone), perSeed: alone, ...settings });
}

/** Waits for the end of the newest run that `isMeant`. */
async function completed(demo: RunningDemo, isMeant: (run: Run) => boolean): Promise<Run> {
  const run = await demo.until(async () => {
    const newest = (await demo.runs()).find(isMeant);
    return newest !== undefined && ['completed', 'failed', 'stopped'].includes(newest.state)
      ? newest
      : undefined;
  }, 'the end of a run');
  if (run.state !== 'completed')
    throw new CodedError('E_RUN_FAILED', `run ${run.id}: ${run.reason ?? run.state}`);
  return run;
}

function lastEvaluation(run: Run) {
  const evaluation = run.evaluations.at(-1);
  if (evaluation === undefined) throw new CodedError('E_RUN_FAILED', `run ${run.id} was not evaluated`);
  return evaluation;
}

function accuracyOf(run: Run): number {
  return lastEvaluation(run).accuracy;
}

/** Trains a new federation's model on one participant only and returns its accuracy on the test windows of the others. */
async function trainAlone(demo: RunningDemo, participant: string, all: readonly string[]): Promise<number> {
  const [{ federation }] = (await demo.get<{ federation: Federation }[]>('/api/federations')) as [
    { federation: Federation },
  ];
  const own = { ...federation, id: `alone-${participant}` };
  await demo.post('/api/federations', own);
  await demo.post(`/api/federations/${own.id}/participants`, { participants: all });
  const started = await demo.post<Run>(`/api/federations/${own.id}/runs`, { participants: [participant] });
  const evaluation = lastEvaluation(await completed(demo, ({ id }) => id === started.id));
  const others = evaluation.perParticipant.filter((one) => one.participant !== participant);
  const examples = others.reduce((sum, { exampleCount }) => sum + exampleCount, 0);
  if (examples === 0)
    throw new CodedError('E_RUN_FAILED', `run ${started.id} was not evaluated at the other positions`);
  return others.reduce((sum, { accuracy, exampleCount }) => sum + accuracy * exampleCount, 0) / examples;
}
