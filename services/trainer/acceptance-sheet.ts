import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest } from '../../connectors/recording/manifest.ts';
import { mergeEvaluations, metricsOf } from '../../learning/metrics.ts';
import { randomStream } from '../../learning/random.ts';
import { type Interval, uarInterval } from '../../learning/uar-interval.ts';
import type { AttackSpec, DataProfile } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { silentLog } from '../../runtime/log.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import { DEFAULT_RANDOMISATION } from './attacks/randomise.ts';
import { encodeFrozenIndex } from './data-set/frozen-index.ts';
import { findParticipantScaler } from './data-set/scaler-file.ts';
import { readModelFile } from './read-model-file.ts';
import { recordingExamples } from './recording-examples.ts';
import type { AttackTask, Randomisation } from './training/messages.ts';
import { TrainingSlots } from './training/training-slots.ts';

export interface AcceptanceSheetOptions {
  /** The models to compare, each with what its row is called. */
  readonly models: readonly { readonly name: string; readonly file: string }[];
  /** A folder with a manifest.csv. */
  readonly folder: string;
  /** Column of the manifest whose values make the groups. @defaultValue `client` */
  readonly group?: string;
  /** State folder of a trainer or of a whole demo, where a participant of a group's name may have left its scaler. */
  readonly stateFolder?: string;
  /** The columns after the clean one. */
  readonly attacks: readonly AttackSpec[];
  /** Adds rows of each model with randomised inputs, and with an attack that knows of it. */
  readonly randomise?: boolean;
  /** Drawn transformations of the attack that knows. @defaultValue 10 */
  readonly adaptiveDraws?: number;
  /** Of randomisation and confidence intervals. @defaultValue 1 */
  readonly seed?: number;
  /** Whether the windows that the models were trained on count, too. @defaultValue false */
  readonly trainWindows?: boolean;
  /** Evaluations at the same time, each in a process of its own. @defaultValue 1 */
  readonly slots?: number;
}

/** How a model is defended and what the attacker knows of it. */
export type Defence = 'none' | 'randomised' | 'randomised-adaptive';

/** One cell of the sheet; fractions. */
export interface SheetCell {
  /** `clean` or an attack's key. */
  readonly attack: string;
  readonly exampleCount: number;
  readonly accuracy: number;
  /** Unweighted average recall over the classes that occur. */
  readonly uar: number;
  /** 95 % of the UAR. */
  readonly interval: Interval;
  /** By class; null for one that does not occur. */
  readonly recall: readonly (number | null)[];
  /** Rows are true classes, columns predicted ones. */
  readonly confusion: readonly (readonly number[])[];
}

export interface SheetRow {
  readonly model: string;
  readonly sha256: string;
  readonly defence: Defence;
  readonly cells: readonly SheetCell[];
}

export interface AcceptanceSheet {
  readonly classes: readonly string[];
  readonly attacks: readonly AttackSpec[];
  readonly seed: number;
  readonly rows: readonly SheetRow[];
}

/**
 * What models answer on clean and on attacked windows: the rows are models and their defences, the columns attacks.
 * @throws CodedError as `evaluateModelFile`, and `E_INVALID_INPUT` if the models differ in their classes.
 */
export async function acceptanceSheet(options: AcceptanceSheetOptions): Promise<AcceptanceSheet> {
  const { attacks, seed = 1, slots: slotCount = 1 } = options;
  const models = [];
  for (const { name, file } of options.models) models.push({ name, file, ...(await readModelFile(file)) });
  const [first] = models;
  if (first === undefined) throw new CodedError('E_INVALID_INPUT', 'a sheet is of one model at least');
  const { classes } = first.profile;
  for (const { name, profile } of models) {
    if (profile.classes.join('\n') === classes.join('\n')) continue;
    throw new CodedError('E_INVALID_INPUT', `the models ${first.name} and ${name} have different classes`);
  }
  const work = await mkdtemp(join(tmpdir(), 'fedshell-evaluate-'));
  const entry = entryPoint('services/trainer/training/process');
  const slots = new TrainingSlots({ slots: slotCount, entry, log: silentLog });
  try {
    const rows: Promise<SheetRow>[] = [];
    for (const [index, { name, file, bytes, profile, model }] of models.entries()) {
      const frozenFiles = await freezeGroups(options, profile, join(work, String(index)));
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      for (const defence of defencesOf(options)) {
        const task = {
          kind: 'attack',
          versionFile: file,
          model,
          frozenFiles,
          ...randomisationOf(defence, options),
        } as const;
        const cells = [undefined, ...attacks].map((attack) => cellOf(slots, task, attack, seed));
        rows.push(Promise.all(cells).then((done) => ({ model: name, sha256, defence, cells: done })));
      }
    }
    return { classes, attacks, seed, rows: await Promise.all(rows) };
  } finally {
    await slots.close();
    await rm(work, { recursive: true, force: true });
  }
}

function defencesOf({ randomise = false }: AcceptanceSheetOptions): readonly Defence[] {
  return randomise ? ['none', 'randomised', 'randomised-adaptive'] : ['none'];
}

function randomisationOf(
  defence: Defence,
  { seed = 1, adaptiveDraws = 10 }: AcceptanceSheetOptions,
): { readonly randomisation?: Randomisation } {
  switch (defence) {
    case 'none':
      return {};
    case 'randomised':
      return { randomisation: { ...DEFAULT_RANDOMISATION, seed } };
    case 'randomised-adaptive':
      return { randomisation: { ...DEFAULT_RANDOMISATION, seed, adaptiveDraws } };
    default:
      return defence satisfies never;
  }
}

/** Writes the windows of each group, with its scaler, where the training process reads them. */
async function freezeGroups(
  options: AcceptanceSheetOptions,
  profile: DataProfile,
  prefix: string,
): Promise<string[]> {
  const { folder, group, stateFolder, trainWindows = false } = options;
  const manifest = await readManifest(folder, group === undefined ? {} : { group });
  const files: string[] = [];
  let count = 0;
  for (const [index, { id, rows }] of manifest.groups.entries()) {
    const examples = await recordingExamples(rows, profile);
    const test = trainWindows ? examples.set : examples.heldOut;
    if (test.count === 0) continue;
    const scaler = (await findParticipantScaler(stateFolder, id, profile)) ?? examples.ownScaler;
    const train = { count: 0, features: new Float32Array(0), labels: new Float32Array(0) };
    const { featureShape } = examples;
    files.push(`${prefix}-${index}`);
    await writeFile(files.at(-1)!, encodeFrozenIndex({ featureShape, train, test, scaler }));
    count += test.count;
  }
  if (count > 0) return files;
  const lots = profile.testLots.join(' or ');
  const message = `no window in ${folder} has one of the classes ${profile.classes.join(', ')} and the split ${lots}`;
  throw new CodedError('E_TOO_FEW_EXAMPLES', message);
}

async function cellOf(
  slots: TrainingSlots,
  task: AttackTask,
  attack: AttackSpec | undefined,
  seed: number,
): Promise<SheetCell> {
  const sums = await slots.perform(attack === undefined ? task : { ...task, attack });
  const { exampleCount, accuracy, uar = 0, recall = [], confusion = [] } = metricsOf(mergeEvaluations(sums));
  const key = attack?.key ?? 'clean';
  const random = randomStream({ seed, round: 0, participant: 'main', purpose: `interval/${key}` });
  return {
    attack: key,
    exampleCount,
    accuracy,
    uar,
    interval: uarInterval(confusion, random),
    recall: recall.map((value) => value ?? null),
    confusion,
  };
}
