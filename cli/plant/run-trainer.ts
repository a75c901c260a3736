import { join, resolve } from 'node:path';
import type { TrainerOptions } from '../commands/trainer.ts';
import { logFileOf } from '../supervise/launch-service.ts';
import { Supervisor } from '../supervise/supervisor.ts';
import { Interruption } from '../terminal/interruption.ts';
import { answer } from '../terminal/output.ts';
import { readInput } from '../terminal/read-input.ts';
import { describeSupervision } from './describe-supervision.ts';
import { startTrainer, trainerName } from './start-trainer.ts';
import { withAbsolutePaths } from './trainer-file-paths.ts';

/** Runs the trainer of a file, supervised, until the process is to end. */
export async function runTrainer(file: string, options: TrainerOptions): Promise<void> {
  const trainer = withAbsolutePaths(await readInput('TrainerFile', file), file);
  const interruption = new Interruption();
  const folder = resolve(options.state ?? join('.fedshell', `trainer-${trainer.pool.id}`));
  const supervisor = new Supervisor({
    folder,
    report: (event) => process.stderr.write(`${describeSupervision(event)}\n`),
  });
  try {
    await interruption.during(
      startTrainer(supervisor, {
        folder,
        trainerFolder: folder,
        pool: trainer.pool.id,
        trainer: async () => trainer,
      }),
    );
    const participants = trainer.participants.map(({ id }) => id);
    const { aggregator, pool } = trainer;
    const log = logFileOf(folder, trainerName(pool.id));
    answer(options, { pool: pool.id, aggregator, participants, state: folder, log }, () =>
      [
        `trainer of pool ${pool.id} runs for ${participants.join(', ')} with ${aggregator}`,
        `state ${folder} (the local data stays there), log ${log}`,
        'fedshell participant list shows what they do; Ctrl-C ends the trainer, the state stays.',
      ].join('\n'),
    );
    await Promise.race([interruption.happened, supervisor.failure]);
  } finally {
    await supervisor.end();
  }
}
