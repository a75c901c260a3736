import { mergeStatistics, scalerOf } from '../../learning/statistics.ts';
import type { ScalerMetadata } from '../../learning/weights/version-metadata.ts';
import type { DataProfile, ModelSpec, TrainingSpec } from '../../openapi/schemas.ts';
import { validate } from '../../openapi/validate.ts';
import { readKernels } from '../../services/simulation/read-kernels.ts';
import { folderShelf } from '../../services/simulation/shelf.ts';
import { simulate } from '../../services/simulation/simulation.ts';
import type { TrainingSlots } from '../../services/trainer/training/training-slots.ts';
import type { FrozenSpeaker } from './frozen-clips.ts';

interface LocalFederationOptions {
  /** Where versions and updates lie. */
  readonly folder: string;
  readonly slots: TrainingSlots;
  readonly speakers: readonly FrozenSpeaker[];
  readonly profile: DataProfile;
  readonly model: ModelSpec;
  readonly training: TrainingSpec;
  readonly rounds: number;
  readonly onRound: (round: number) => void;
}

/** Federated averaging of all participants, simulated on this machine. Returns the file of the last version. */
export async function trainFederation(options: LocalFederationOptions): Promise<string> {
  const { folder, slots, speakers, profile, model, training, rounds, onRound } = options;
  const shelf = folderShelf(folder);
  const { versions } = await simulate({
    federation: validate(
      'Federation',
      { id: 'bench', profile, model, training, rounds, evaluation: { everyRounds: 0, of: 'all' } },
      'the federation of the bench',
    ),
    // Whoever is here has train examples; how many, and of what, is in its file.
    participants: speakers.map(({ id, frozenFile, statistics }) => ({
      id,
      frozenFile,
      trainExamples: Math.max(profile.examples.minimumTrain ?? 1, statistics.count),
      testExamples: 0,
      attributes: {},
    })),
    scaler: scalerOfAll(options),
    tasks: slots,
    shelf,
    kernels: readKernels(),
    onRound: ({ round }) => {
      if (round > 0) onRound(round);
    },
  });
  const last = versions.get('main');
  if (last === undefined) throw new RangeError('the simulation made no version');
  return shelf.path(last.sha256);
}

function scalerOfAll({ speakers, profile }: LocalFederationOptions): ScalerMetadata {
  if (profile.standardisation !== 'federated') return { kind: 'local' };
  const { mean, standardDeviation } = scalerOf(mergeStatistics(speakers.map(({ statistics }) => statistics)));
  return { kind: 'federated', mean: [...mean], standardDeviation: [...standardDeviation] };
}
