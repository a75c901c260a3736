import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closeRound } from '../../learning/pipeline/close-round.ts';
import { contributionFacts } from '../../learning/pipeline/contribution-facts.ts';
import { streamReducer } from '../../learning/pipeline/stream-reducer.ts';
import { randomStream } from '../../learning/random.ts';
import { mergeStatistics, scalerOf } from '../../learning/statistics.ts';
import { strategyOf } from '../../learning/strategies/index.ts';
import { MAIN_GROUP } from '../../learning/strategies/strategy.ts';
import { readUpdateHeader } from '../../learning/update-header.ts';
import {
  readSafetensors,
  readSafetensorsHeader,
  writeSafetensors,
} from '../../learning/weights/safetensors.ts';
import { streamSafetensors } from '../../learning/weights/stream-safetensors.ts';
import {
  readVersionMetadata,
  type ScalerMetadata,
  writeVersionMetadata,
} from '../../learning/weights/version-metadata.ts';
import type { DataProfile, ModelSpec, TrainingSpec } from '../../openapi/schemas.ts';
import { rolesOf } from '../../services/aggregator/fold/roles-of.ts';
import type { TrainingSlots } from '../../services/trainer/training/training-slots.ts';
import type { FrozenSpeaker } from './frozen-clips.ts';

interface LocalFederationOptions {
  /** Where versions and updates lie. */
  readonly folder: string;
  readonly slots: TrainingSlots;
  readonly speakers: readonly FrozenSpeaker[];
  readonly profile: DataProfile;
  /** Of one example's features. @defaultValue log-mel spectra of the published size */
  readonly featureShape?: readonly number[];
  readonly model: ModelSpec;
  readonly training: TrainingSpec;
  readonly rounds: number;
  readonly onRound: (round: number) => void;
}

/**
 * Federated averaging of all participants on this machine: the product's training tasks and strategy, without queue,
 * aggregator and machines. Returns the file of the last version.
 */
export async function trainFederation(options: LocalFederationOptions): Promise<string> {
  const { folder, slots, profile, model, training, rounds, onRound } = options;
  const { featureShape = [373, 64] } = options;
  let versionFile = join(folder, 'version-0');
  await slots.perform({
    kind: 'initialise',
    model,
    profile,
    featureShape,
    seed: training.seed,
    scaler: scalerOfAll(options),
    versionFile,
  });
  for (let round = 1; round <= rounds; round += 1) {
    versionFile = await trainRound(options, versionFile, round);
    onRound(round);
  }
  return versionFile;
}

function scalerOfAll({ speakers, profile }: LocalFederationOptions): ScalerMetadata {
  if (profile.standardisation !== 'federated') return { kind: 'local' };
  const { mean, standardDeviation } = scalerOf(mergeStatistics(speakers.map(({ statistics }) => statistics)));
  return { kind: 'federated', mean, standardDeviation };
}

async function trainRound(
  { folder, slots, speakers, model, training }: LocalFederationOptions,
  baseFile: string,
  round: number,
): Promise<string> {
  const base = readFileSync(baseFile);
  const baseSha256 = createHash('sha256').update(base).digest('hex');
  const updates = await Promise.all(
    speakers
      .toSorted((one, other) => (one.id < other.id ? -1 : 1))
      .map(async ({ id, frozenFile }) => {
        const updateFile = join(folder, `update-${id}`);
        const key = { run: 'bench', round, roundAttempt: 1, participant: id };
        const bases = [{ group: 'main', file: baseFile, sha256: baseSha256 }];
        const files = { bases, frozenFile, updateFile };
        await slots.perform({ kind: 'train', ...key, ...files, model, training });
        return { participant: id, open: () => streamSafetensors(chunkOf(updateFile)) };
      }),
  );
  const { header, tensors } = readSafetensors(base);
  const strategy = strategyOf({ key: 'fed-avg' });
  const headers = updates.map(({ participant }) =>
    readUpdateHeader(readSafetensorsHeader(readFileSync(join(folder, `update-${participant}`)))),
  );
  const roles = rolesOf(headers, 'delta');
  const specs = header.tensors.map(({ name, shape }) => ({ name, shape, role: roles.get(name) ?? 'local' }));
  const { versions } = await closeRound({
    strategy,
    state: strategy.init(specs).state,
    model: specs,
    bases: new Map([[MAIN_GROUP, new Map([...tensors].map(([name, { values }]) => [name, values]))]]),
    contributions: headers.map((update) =>
      contributionFacts(strategy, update, { participant: update.participant, groups: [MAIN_GROUP] }, 0),
    ),
    participantCount: speakers.length,
    random: randomStream({ seed: training.seed, round, participant: 'main', purpose: 'buckets' }),
    reducer: streamReducer(updates),
  });
  const version = versions.get(MAIN_GROUP)!;
  const metadata = writeVersionMetadata({ ...readVersionMetadata(header.metadata), number: round });
  const next = join(folder, `version-${round}`);
  const values = specs.map(({ name, shape }) => ({ name, shape, values: version.get(name)! }));
  writeFileSync(next, writeSafetensors(values, metadata));
  return next;
}

async function* chunkOf(file: string): AsyncGenerator<Uint8Array> {
  yield readFileSync(file);
}
