import type { Command } from 'commander';
import { type ApiOptions, withApiOptions } from '../api/api-options.ts';
import { numberAbove, wholeNumber } from '../terminal/number-option.ts';

/** Options of `fedshell evaluate`. */
export interface EvaluateOptions extends ApiOptions {
  readonly data: string;
  readonly group: string;
  readonly state: string;
  readonly attack?: string;
  readonly epsilon?: number;
  readonly iterations?: number;
  readonly randomise?: boolean;
  readonly draws: number;
  readonly seed: number;
  readonly trainWindows?: boolean;
  readonly slots: number;
  readonly csv?: string;
}

/** `fedshell evaluate` */
export function addEvaluateCommand(program: Command): void {
  withApiOptions(
    program
      .command('evaluate')
      .description(
        'score models on the held-out recordings of a folder, clean and under attack: the acceptance sheet, with the UAR and its 95 % interval in each cell',
      )
      .argument(
        '<models...>',
        'safetensors files, or FEDERATION:NUMBER of the aggregator; NAME=MODEL names the row of one',
      )
      .requiredOption('--data <folder>', 'folder with a manifest.csv')
      .option('--group <column>', 'column of the manifest that names the participants', 'client')
      .option('--state <folder>', "state folder that may hold the participants' scalers", './.fedshell')
      .option('--attack <keys>', 'attacks, separated by commas: fgsm, pgd, deepfool')
      .option(
        '--epsilon <number>',
        'bound of fgsm and pgd on standardised features; 0.05 by default',
        numberAbove(0),
      )
      .option('--iterations <number>', 'of pgd and deepfool; 5 by default', wholeNumber(1, 1000))
      .option(
        '--randomise',
        'add rows with random resizing and padding, also under an attack that knows of it',
      )
      .option(
        '--draws <number>',
        'transformations that this attack takes the mean of',
        wholeNumber(1, 1000),
        10,
      )
      .option('--seed <number>', 'of randomisation and intervals', wholeNumber(0, 4_294_967_295), 1)
      .option('--train-windows', 'count the windows that the models were trained on, too')
      .option('--slots <number>', 'evaluations at the same time', wholeNumber(1, 64), 1)
      .option('--csv <file>', 'write the sheet as CSV, one line a cell'),
  ).action(async (models: string[], options: EvaluateOptions) => {
    const { runEvaluate } = await import('../evaluate/run-evaluate.ts');
    await runEvaluate(models, options);
  });
}
