import type { Command } from 'commander';

export interface TrainerOptions {
  readonly state?: string;
  readonly json?: boolean;
}

/** `fedshell trainer FILE` */
export function addTrainerCommand(program: Command): void {
  program
    .command('trainer')
    .description('collect from the machines of a trainer file and train on their data until Ctrl-C')
    .argument('<file>', 'trainer file, YAML or JSON; see examples/press-hall.trainer.yaml')
    .option(
      '--state <folder>',
      'state folder, which holds the local data; ./.fedshell/trainer-POOL by default',
    )
    .option('--json', 'answer with JSON once it runs')
    .action(async (file: string, options: TrainerOptions) => {
      const { runTrainer } = await import('../plant/run-trainer.ts');
      await runTrainer(file, options);
    });
}
