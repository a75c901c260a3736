import type { Command } from 'commander';
import { portNumber, wholeNumber } from '../terminal/number-option.ts';

/** Options of `fedshell simulate`: those of a line, and those of a federation. */
export interface SimulateOptions extends SimulateFederationOptions {
  readonly machines?: number;
  readonly port: number;
  readonly writeTrainer?: string;
  readonly aggregator?: string;
  readonly pool?: string;
  readonly upState: string;
  readonly state?: string;
}

/** Options of `fedshell simulate FEDERATION`. */
export interface SimulateFederationOptions {
  readonly data?: string;
  readonly group?: string;
  readonly participants?: number;
  readonly rounds?: number;
  readonly seed?: number;
  readonly slots?: number;
  readonly output?: string;
  readonly resume?: boolean;
  readonly json?: boolean;
}

/** `fedshell simulate` */
export function addSimulateCommand(program: Command): void {
  program
    .command('simulate')
    .description(
      'with a federation file: run its rounds here, without a network, with any number of virtual participants; ' +
        'without one: serve a production line over OPC UA to try it on, generated or of recordings, until Ctrl-C',
    )
    .argument('[federation]', 'federation file to simulate')
    .option(
      '--machines <number>',
      'machines; 3 generated ones, or every group of the recordings',
      wholeNumber(1, 1000),
    )
    .option(
      '--seed <number>',
      "seed of all that is drawn; 1 by default, or the federation's",
      wholeNumber(0, 4_294_967_295),
    )
    .option(
      '--data <folder>',
      'take the recordings of a folder with a manifest.csv instead of generated data',
    )
    .option(
      '--group <column>',
      'column of the manifest that makes the machines, or participants; client by default',
    )
    .option(
      '--participants <number>',
      'of a federation: virtual participants; every group of the recordings, or 10; more than groups share them',
      wholeNumber(1, 1_000_000),
    )
    .option('--rounds <number>', "of a federation: rounds; the file's by default", wholeNumber(1, 100_000))
    .option('--slots <number>', 'of a federation: training processes; one a core', wholeNumber(1, 256))
    .option(
      '--output <folder>',
      'of a federation: keep versions, and a JSON line a round in rounds.jsonl; nothing is kept by default',
    )
    .option('--resume', 'of a federation: go on with what the output folder has')
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
    .option('--json', 'answer with JSON once the line runs, or with a JSON line a round')
    .action(async (federation: string | undefined, options: SimulateOptions) => {
      if (federation !== undefined) {
        const { runSimulation } = await import('../simulation/run-simulation.ts');
        await runSimulation(federation, options);
        return;
      }
      const { runSimulate } = await import('../plant/run-simulate.ts');
      await runSimulate(options);
    });
}
