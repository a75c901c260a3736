import type { Evaluation, Event, Participant, Run } from '../../openapi/schemas.ts';
import { percent } from '../terminal/output.ts';

const ENDED: readonly Run['state'][] = ['completed', 'stopped', 'failed'];

/** Whether a run will not change any more. */
export function hasEnded(run: Run): boolean {
  return ENDED.includes(run.state);
}

/** The evaluation of the newest version that a run has one of. */
export function newestEvaluation(run: Run): Evaluation | undefined {
  return run.evaluations.reduce<Evaluation | undefined>(
    (newest, next) => (newest === undefined || next.number > newest.number ? next : newest),
    undefined,
  );
}

/** What a person sees of a run: the run itself and its participants as the events told them last. */
export class RunView {
  readonly #runId: string;
  readonly #participants = new Map<string, Participant>();
  run: Run | undefined;

  constructor(runId: string) {
    this.#runId = runId;
  }

  /** Takes an event in. */
  apply(event: Event): void {
    if (event.kind === 'run' && event.run.id === this.#runId) this.run = event.run;
    if (event.kind === 'participant') this.#participants.set(event.participant.id, event.participant);
  }

  /** Participants of the run's federation, by id. */
  participants(): Participant[] {
    const { run } = this;
    if (run === undefined) return [];
    return [...this.#participants.values()]
      .filter(
        ({ id, federations }) =>
          federations.includes(run.federation) && (run.participants?.includes(id) ?? true),
      )
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** One line for the run and one for each participant. */
  lines(): string[] {
    if (this.run === undefined) return [];
    const participants = this.participants();
    const width = Math.max(0, ...participants.map(({ id }) => id.length));
    return [
      runLine(this.run),
      ...participants.map((one) => `  ${one.id.padEnd(width)}  ${participantText(one, this.#runId)}`),
    ];
  }
}

/** The run in a line: state, round, newest accuracy, and why it waits or how it ended. */
export function runLine(run: Run): string {
  const newest = newestEvaluation(run);
  const parts = [`run ${run.id}: ${run.state}`, `round ${run.round}/${run.totalRounds}`];
  if (newest !== undefined) {
    parts.push(
      `accuracy ${percent(newest.accuracy)} (version ${newest.number}, ${newest.exampleCount} test windows)`,
    );
  }
  if (run.reason !== undefined && run.reason !== '') parts.push(run.reason);
  return parts.join(' · ');
}

/** What a participant is doing, in words. */
function participantText(participant: Participant, runId: string): string {
  const parts: string[] = [participant.state.padEnd(10)];
  const { progress } = participant;
  if (progress !== undefined && progress.run === runId) {
    parts.push(`round ${progress.round} epoch ${progress.epoch}/${progress.epochs}`);
    if (progress.trainedLoss !== undefined) parts.push(`loss ${progress.trainedLoss.toFixed(3)}`);
    if (progress.trainedAccuracy !== undefined) parts.push(`accuracy ${percent(progress.trainedAccuracy)}`);
  } else if (participant.data?.[0] !== undefined) parts.push(`${participant.data[0].windows} windows`);
  if (participant.reason !== undefined && participant.state !== 'training') parts.push(participant.reason);
  return parts.join('  ').trimEnd();
}
