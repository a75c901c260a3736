import type { Command } from 'commander';
import { portNumber, wholeNumber } from '../terminal/number-option.ts';

export interface SimulateOptions {
  readonly machines?: number;
  readonly seed: number;
  readonly data?: string;
  readonly group?: string;
  readonly port: number;
  readonly writeTrainer?: string;
  readonly aggregator?: string;
  readonly pool?: string;
  readonly upState: string;
  readonly state?: string;
  readonly json?: boolean;
}

/** `fedshell simulate` */
export function addSimulateCommand(program: Command): void {
  program
    .command('simulate')
    .description('serve a production line over OPC UA to try it on, generated or of recordings, until Ctrl-C')
    .option(
      '--machines <number>',
      'machines; 3 generated ones, or every group of the recordings',
      wholeNumber(1, 1000),
    )
    .option('--seed <number>', 'seed of the generated vibration', wholeNumber(0, 4_294_967_295), 1)
    .option('--data <folder>', 'serve the recordings of a folder with a manifest.csv instead')
    .option('--group <column>', 'column of the manifest that makes the machines; client by default')
    .option(
      '--port <number>',
      'port of the OPC UA server; 0 takes the one that it had before, else a free one',
      portNumber,
      0,
    )
    .option('--write-trainer <file>', 'write a trainer file for this line, to edit and use')
    .option(
      '--aggregator <url>',
      'the aggregator that the trainer file names; the one of --up-state, else http://127.0.0.1:8600',
    )
    .option(
      '--pool <id>',
      'the pool that the trainer file names, and the beginning of its participants; line by default',
    )
    .option(
      '--up-state <folder>',
      'state folder of the fedshell up whose queue the trainer file names',
      './.fedshell',
    )
    .option(
      '--state <folder>',
      'folder of certificates and of the position in the recordings; ./.fedshell/simulator-POOL by default',
    )
    .option('--json', 'answer with JSON once it runs')
    .action(async (options: SimulateOptions) => {
      const { runSimulate } = await import('../plant/run-simulate.ts');
      await runSimulate(options);
    });
}
