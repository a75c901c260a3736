import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { AcceptanceSheet } from '../../services/trainer/acceptance-sheet.ts';
import type { EvaluateOptions } from '../commands/evaluate.ts';
import { withModelFile } from '../model/with-model-file.ts';
import { answer } from '../terminal/output.ts';
import { attackSpecs } from './attack-specs.ts';
import { sheetCsv, sheetText } from './sheet-text.ts';

/** Makes the acceptance sheet of models and prints it. */
export async function runEvaluate(models: readonly string[], options: EvaluateOptions): Promise<void> {
  const sheet = await withModelFiles(models.map(namedModel), options, [], (named) =>
    makeSheet(named, options),
  );
  if (options.csv !== undefined) await writeFile(options.csv, sheetCsv(sheet));
  answer(options, sheet, () => sheetText(sheet));
}

interface NamedModel {
  readonly name: string;
  readonly file: string;
}

/** `NAME=MODEL`, or a model that is called as it is written. */
function namedModel(text: string): NamedModel {
  const [, name, file] = /^([^=/\\]+)=(.+)$/.exec(text) ?? [];
  return name === undefined || file === undefined ? { name: text, file: text } : { name, file };
}

/** The files of all models, the downloaded ones for as long as `use` takes. */
function withModelFiles<Result>(
  [next, ...rest]: readonly NamedModel[],
  options: EvaluateOptions,
  found: readonly NamedModel[],
  use: (models: readonly NamedModel[]) => Promise<Result>,
): Promise<Result> {
  if (next === undefined) return use(found);
  return withModelFile(next.file, options, (file) =>
    withModelFiles(rest, options, [...found, { name: next.name, file }], use),
  );
}

async function makeSheet(models: readonly NamedModel[], options: EvaluateOptions): Promise<AcceptanceSheet> {
  const { data, group, state, randomise = false, draws, seed, trainWindows = false, slots } = options;
  const attacks = attackSpecs(options);
  const { acceptanceSheet } = await import('../../services/trainer/acceptance-sheet.ts');
  return acceptanceSheet({
    models,
    folder: data,
    group,
    stateFolder: resolve(state),
    attacks,
    randomise,
    adaptiveDraws: draws,
    seed,
    trainWindows,
    slots,
  });
}
