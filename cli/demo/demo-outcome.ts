import type { Evaluation, LocalDataSet, ModelVersion, Participant, Run } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';

/** What one participant brought and what the last version scores on its test windows. */
export interface ParticipantOutcome {
  readonly accuracy: number | null;
  readonly trainExamples: number;
  readonly testExamples: number;
  readonly excludedWindows: Readonly<Record<string, number>>;
}

/** The result of a demo; its keys are what `--json` prints. Accuracies are fractions on all local test windows. */
export interface DemoOutcome {
  readonly accuracy: number | null;
  /** Of the version before the first round. */
  readonly initialAccuracy: number | null;
  readonly rounds: number;
  /** From the command's start. */
  readonly seconds: number;
  readonly participants: number;
  readonly trainExamples: number;
  readonly testExamples: number;
  /** Participants that contributed to at least one completed round. */
  readonly trainedParticipants: number;
  /** The fewest contributions that a completed round counted; 0 without a round. */
  readonly contributionsPerRound: number;
  /** Windows left out, by cause, of all participants. */
  readonly excludedWindows: Readonly<Record<string, number>>;
  /** Of the version of each round, in order. */
  readonly accuracyPerRound: readonly (number | null)[];
  readonly perParticipant: Readonly<Record<string, ParticipantOutcome>>;
  readonly modelSha256: string;
  /** Of the version that was evaluated last. */
  readonly evaluatedModelSha256: string | null;
  /** Of the file that the AAS registry led to. */
  readonly aasModelSha256: string | null;
  readonly shellId: string;
}

interface DemoFacts {
  readonly run: Run;
  readonly version: ModelVersion;
  readonly participants: readonly Participant[];
  readonly aasModelSha256: string | null;
  readonly seconds: number;
}

/** Puts the result together. @throws CodedError `E_NOT_FOUND` if the version has no shell. */
export function demoOutcome({ run, version, participants, aasModelSha256, seconds }: DemoFacts): DemoOutcome {
  if (version.shellId === undefined) {
    throw new CodedError('E_NOT_FOUND', `version ${version.number} of ${version.federation} has no shell`);
  }
  const evaluated = evaluationOf(run, version.number);
  const dataSets = participants.map((one) => dataSetOf(one, run.federation));
  const completed = run.rounds.filter((round) => round.state === 'completed' || round.state === 'published');
  return {
    accuracy: evaluated?.accuracy ?? null,
    initialAccuracy: evaluationOf(run, run.baseVersion ?? 0)?.accuracy ?? null,
    rounds: completed.length,
    seconds: Math.round(seconds * 100) / 100,
    participants: participants.length,
    trainExamples: sum(dataSets.map((data) => data?.trainExamples ?? 0)),
    testExamples: evaluated?.exampleCount ?? sum(dataSets.map((data) => data?.testExamples ?? 0)),
    trainedParticipants: new Set(
      completed.flatMap(({ contributions }) => contributions.map(({ participant }) => participant)),
    ).size,
    contributionsPerRound: completed.length === 0 ? 0 : Math.min(...completed.map(countContributions)),
    excludedWindows: sumByCause(dataSets),
    accuracyPerRound: completed.map((round) => evaluationOf(run, round.version)?.accuracy ?? null),
    perParticipant: Object.fromEntries(
      participants.map((one) => [one.id, participantOutcome(one, run.federation, evaluated)]),
    ),
    modelSha256: version.sha256,
    evaluatedModelSha256: evaluated?.sha256 ?? null,
    aasModelSha256,
    shellId: version.shellId,
  };
}

/** The run's evaluation of a version; undefined before it is there. */
export function evaluationOf(run: Run, version: number | undefined): Evaluation | undefined {
  return run.evaluations.find(({ number }) => number === version);
}

/** What a participant said of its data for a federation. */
export function dataSetOf(participant: Participant, federation: string): LocalDataSet | undefined {
  return participant.data?.find((data) => data.federation === federation);
}

function countContributions({ contributions }: Run['rounds'][number]): number {
  return contributions.length;
}

function participantOutcome(
  participant: Participant,
  federation: string,
  evaluated: Evaluation | undefined,
): ParticipantOutcome {
  const data = dataSetOf(participant, federation);
  const score = evaluated?.perParticipant.find((one) => one.participant === participant.id);
  return {
    accuracy: score?.accuracy ?? null,
    trainExamples: data?.trainExamples ?? 0,
    testExamples: score?.exampleCount ?? data?.testExamples ?? 0,
    excludedWindows: data?.excludedWindows ?? {},
  };
}

function sumByCause(dataSets: readonly (LocalDataSet | undefined)[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const data of dataSets) {
    for (const [cause, windows] of Object.entries(data?.excludedWindows ?? {})) {
      total[cause] = (total[cause] ?? 0) + windows;
    }
  }
  return total;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
