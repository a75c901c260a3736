import type { Command } from 'commander';
import { portNumber, wholeNumber } from '../terminal/number-option.ts';

/** Options of `fedshell demo`; what is absent is the federation file's, or the line's. */
export interface DemoOptions {
  readonly once?: boolean;
  readonly participants?: number;
  readonly rounds?: number;
  readonly epochs?: number;
  readonly seed?: number;
  readonly federation?: string;
  readonly data?: string;
  readonly group?: string;
  readonly port: number;
  readonly aasPort: number;
  readonly state: string;
  readonly fresh?: boolean;
  readonly json?: boolean;
}

/** `fedshell demo` */
export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description(
      'run federated learning end to end on this machine: a production line, Redis, aggregator, AAS and a trainer; serves until Ctrl-C',
    )
    .option(
      '--once',
      'exit after the last round; 0 only if the model found through the AAS registry is the right one',
    )
    .option(
      '--participants <number>',
      'participants; 3 by default, with --data every group',
      wholeNumber(1, 1000),
    )
    .option('--rounds <number>', 'rounds; 6 by default', wholeNumber(1, 100_000))
    .option('--epochs <number>', 'local epochs in each round; 8 by default', wholeNumber(1, 10_000))
    .option(
      '--seed <number>',
      'seed of training and of the generated line; 1 by default',
      wholeNumber(0, 4_294_967_295),
    )
    .option('--federation <file>', 'federation file instead of examples/vibration.federation.yaml')
    .option(
      '--data <folder>',
      'serve the recordings of a folder with a manifest.csv instead of generated vibration',
    )
    .option('--group <column>', 'column of the manifest that makes the participants; client by default')
    .option('--port <number>', 'port of API and console; 0 takes a free one', portNumber, 8600)
    .option('--aas-port <number>', 'port of the AAS; 0 takes a free one', portNumber, 8601)
    .option('--state <folder>', 'state folder; the same one goes on where it ended', './.fedshell')
    .option('--fresh', 'delete the state first')
    .option('--json', 'last line on stdout is a JSON object with the result; progress goes to stderr')
    .action(async (options: DemoOptions) => {
      const { runDemo } = await import('../demo/run-demo.ts');
      await runDemo(options);
    });
}
