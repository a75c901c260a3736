import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest } from '../../connectors/recording/manifest.ts';
import { type EvaluationSums, mergeEvaluations, metricsOf } from '../../learning/metrics.ts';
import { CodedError } from '../../runtime/errors.ts';
import { silentLog } from '../../runtime/log.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import { encodeFrozenIndex } from './data-set/frozen-index.ts';
import { findParticipantScaler } from './data-set/scaler-file.ts';
import { readModelFile } from './read-model-file.ts';
import { recordingExamples } from './recording-examples.ts';
import { TrainingSlots } from './training/training-slots.ts';

export interface EvaluateModelOptions {
  /** A model version's safetensors file. */
  readonly modelFile: string;
  /** A folder with a manifest.csv. */
  readonly folder: string;
  /** Column of the manifest whose values make the groups. @defaultValue `client` */
  readonly group?: string;
  /** State folder of a trainer or of a whole demo, where a participant of a group's name may have left its scaler. */
  readonly stateFolder?: string;
}

/** Figures of a model on some recordings; fractions. */
export interface OfflineFigures {
  readonly exampleCount: number;
  readonly accuracy: number;
  /** Unweighted average recall over the classes that occur. */
  readonly uar: number;
  readonly loss: number;
  /** Rows are true classes, columns predicted ones, in the order of `classes`. */
  readonly confusion: readonly (readonly number[])[];
}

/** Figures of one group. */
export interface GroupFigures extends OfflineFigures {
  readonly group: string;
  /** Whose scaler standardised its features. */
  readonly scaler: 'participant' | 'own-windows' | 'federated';
  /** Windows whose label is none of the model's classes. */
  readonly unknownClassWindows: number;
}

export interface OfflineEvaluation {
  readonly sha256: string;
  readonly number: number;
  readonly classes: readonly string[];
  readonly all: OfflineFigures;
  readonly groups: readonly GroupFigures[];
}

/**
 * Evaluates a model's file on all rows of a folder of recordings, per group and in all. The model runs in a process of
 * its own.
 * @throws CodedError `E_FILE_NOT_FOUND`, `E_MALFORMED_SAFETENSORS`, `E_NO_MANIFEST`, `E_INVALID_MANIFEST`,
 * `E_INVALID_RECORDING`, `E_TOO_FEW_EXAMPLES` if no window has a class of the model.
 */
export async function evaluateModelFile(options: EvaluateModelOptions): Promise<OfflineEvaluation> {
  const { bytes, metadata, profile, model } = await readModelFile(options.modelFile);
  const manifest = await readManifest(
    options.folder,
    options.group === undefined ? {} : { group: options.group },
  );
  const work = await mkdtemp(join(tmpdir(), 'fedshell-evaluate-'));
  const entry = entryPoint('services/trainer/training/process');
  const slots = new TrainingSlots({ slots: 1, entry, log: silentLog });
  try {
    const groups: GroupFigures[] = [];
    const sums: EvaluationSums[] = [];
    for (const { id, value, rows } of manifest.groups) {
      const examples = await recordingExamples(rows, profile);
      const own = await findParticipantScaler(options.stateFolder, id, profile);
      const frozenFile = join(work, id);
      const { featureShape, set: test, ownScaler, unknownClassWindows } = examples;
      const train = { count: 0, features: new Float32Array(0), labels: new Float32Array(0) };
      await writeFile(frozenFile, encodeFrozenIndex({ featureShape, train, test, scaler: own ?? ownScaler }));
      const task = {
        kind: 'evaluate',
        versionFile: options.modelFile,
        model,
        frozenFiles: [frozenFile],
      } as const;
      const [result] = await slots.perform(task);
      await rm(frozenFile);
      const scaler =
        metadata.scaler.kind === 'federated'
          ? 'federated'
          : own === undefined
            ? 'own-windows'
            : 'participant';
      groups.push({ group: value, scaler, unknownClassWindows, ...figuresOf(result!) });
      sums.push(result!);
    }
    const all = figuresOf(mergeEvaluations(sums));
    if (all.exampleCount === 0) {
      const message = `no window in ${options.folder} has one of the classes ${profile.classes.join(', ')}`;
      throw new CodedError('E_TOO_FEW_EXAMPLES', message);
    }
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { sha256, number: metadata.number, classes: profile.classes, all, groups };
  } finally {
    await slots.close();
    await rm(work, { recursive: true, force: true });
  }
}

function figuresOf(sums: EvaluationSums): OfflineFigures {
  const { exampleCount, accuracy, loss, confusion = [], uar = 0 } = metricsOf(sums);
  return { exampleCount, accuracy, uar, loss, confusion };
}
