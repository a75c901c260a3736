import { existsSync } from 'node:fs';
import { open, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CodedError, toCodedError } from '../../runtime/errors.ts';
import type { AcceptanceSheet } from '../../services/trainer/acceptance-sheet.ts';
import type { EvaluateOptions } from '../commands/evaluate.ts';
import { withModelFile } from '../model/with-model-file.ts';
import { answer } from '../terminal/output.ts';
import { attackSpecs } from './attack-specs.ts';
import { sheetCsv, sheetText } from './sheet-text.ts';

/**
 * Makes the acceptance sheet of models and prints it, and then writes it to the file of `--csv`.
 * @throws CodedError `E_INVALID_INPUT` before anything is evaluated, if that file cannot be written.
 */
export async function runEvaluate(models: readonly string[], options: EvaluateOptions): Promise<void> {
  if (options.csv !== undefined) await requireWritable(options.csv);
  const sheet = await withModelFiles(models.map(namedModel), options, [], (named) =>
    makeSheet(named, options),
  );
  answer(options, sheet, () => sheetText(sheet));
  if (options.csv !== undefined) await writeFile(options.csv, sheetCsv(sheet));
}

/** An evaluation takes hours: one finds out before it. What the file holds stays until then, and none is left behind. */
async function requireWritable(file: string): Promise<void> {
  const isThere = existsSync(file);
  try {
    await (await open(file, 'a')).close();
    if (!isThere) await rm(file);
  } catch (cause) {
    const message = `--csv ${file} cannot be written: ${toCodedError(cause).message}`;
    throw new CodedError('E_INVALID_INPUT', message, { cause });
  }
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
