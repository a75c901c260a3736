import { MAIN_GROUP } from '../../learning/strategies/strategy.ts';
import type { CollectedUpdate } from './collected-update.ts';
import { foldUpdates } from './fold-updates.ts';
import { makeVersions } from './make-versions.ts';
import type { Refusal, RoundRecord } from './round-record.ts';
import { modelTensors } from './simulated-model.ts';
import type { SimulationContext } from './simulation.ts';
import type { Standing } from './standing.ts';
import type { Training } from './train-cohort.ts';

interface Collected {
  readonly round: number;
  readonly cohort: readonly string[];
  /** Updates that the sum's grid is made for. */
  readonly cohortSize: number;
  readonly trainings: readonly Training[];
  /** Those that count, in the order of participant ids. */
  readonly updates: readonly CollectedUpdate[];
  /** All that were sent. */
  readonly sent: readonly CollectedUpdate[];
  readonly refused: readonly Refusal[];
  readonly trainedLoss: number;
}

/** Makes the next versions of a round that takes no more updates, and lets the states of its contributors count. */
export async function closeSimulated(
  { options, strategy, standing, seed }: SimulationContext,
  { round, cohort, cohortSize, trainings, updates, sent, refused, trainedLoss }: Collected,
): Promise<RoundRecord> {
  const { federation, participants, shelf, kernels } = options;
  const sentState = strategy.downloads.slots.length > 0 ? standing.state : undefined;
  const stateBytes = sentState === undefined ? 0 : shelf.read(sentState).byteLength;
  const bases = new Map(
    [...standing.versions.keys(), ...updates.map(({ facts }) => facts.group)].map((group) => [
      group,
      standing.open(standing.versionOf(group)),
    ]),
  );
  const { specs } = standing.open(standing.versionOf(standing.firstGroup));
  const model = modelTensors(specs, strategy, updates[0]!.header.roles);
  const result = await foldUpdates({
    kernels,
    federation,
    strategy,
    state: standing.strategyState(model),
    model,
    bases,
    updates,
    seed,
    round,
    cohortSize,
    participantCount: participants.length,
  });
  const downloads = downloadBytes(standing, trainings, stateBytes);
  const made = makeVersions({ shelf, standing, federation, model, result, seed, round });
  const { groups: now } = result.state;
  for (const { participant, state, facts } of updates) {
    if (state !== undefined) standing.participants.set(participant, state);
    standing.groups.set(participant, now[participant] ?? facts.group);
  }
  standing.lastCohort = trainings.map(({ assignment }) => assignment.participant);
  return {
    round,
    cohort,
    contributors: updates.map(({ participant }) => participant),
    refused,
    groups: Object.fromEntries(
      updates.flatMap(({ participant, facts }) => {
        const group = standing.groups.get(participant) ?? facts.group;
        return group === MAIN_GROUP ? [] : [[participant, group]];
      }),
    ),
    versions: made,
    exampleCount: updates.reduce((sum, { facts }) => sum + facts.exampleCount, 0),
    trainedLoss,
    uploadedBytes: sent.reduce((sum, { sentBytes }) => sum + sentBytes, 0),
    plainUploadBytes: sent.reduce((sum, { bytes }) => sum + bytes.byteLength, 0),
    ...downloads,
  };
}

/** What the trainings' versions, and what goes down beside them, took to fetch; whoever has the one before takes a delta. */
function downloadBytes(
  { lastCohort }: Standing,
  trainings: readonly Training[],
  stateBytes: number,
): Pick<RoundRecord, 'downloadedBytes' | 'plainDownloadBytes'> {
  const had = new Set(lastCohort);
  let downloadedBytes = 0;
  let plainDownloadBytes = 0;
  for (const { assignment, bases } of trainings) {
    for (const { bytes, deltaBytes } of bases) {
      downloadedBytes += had.has(assignment.participant) ? (deltaBytes ?? bytes) : bytes;
      plainDownloadBytes += bytes;
    }
    downloadedBytes += stateBytes;
    plainDownloadBytes += stateBytes;
  }
  return { downloadedBytes, plainDownloadBytes };
}
