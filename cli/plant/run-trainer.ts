import { join, resolve } from 'node:path';
import type { TrainerOptions } from '../commands/trainer.ts';
import { logFileOf } from '../supervise/launch-service.ts';
import { Supervisor } from '../supervise/supervisor.ts';
import { Interruption } from '../terminal/interruption.ts';
import { answer } from '../terminal/output.ts';
import { describeSupervision } from './describe-supervision.ts';
import { FollowedTrainerFile } from './followed-trainer-file.ts';
import { needsCollector, startCollector } from './start-collector.ts';
import { startTrainer, trainerName } from './start-trainer.ts';

/**
 * Runs the trainer of a file and the collector of its machines, supervised, until the process is to end. A change of
 * the file is taken over: the collector reopens what changed, and the trainer starts anew where it is concerned, which
 * loses no data since the collector goes on.
 */
export async function runTrainer(file: string, options: TrainerOptions): Promise<void> {
  const report = (text: string) => process.stderr.write(`${text}\n`);
  const followed = await FollowedTrainerFile.open({ file, report });
  const { trainer } = followed;
  const pool = trainer.pool.id;
  const interruption = new Interruption();
  const folder = resolve(options.state ?? join('.fedshell', `trainer-${pool}`));
  const supervisor = new Supervisor({ folder, report: (event) => report(describeSupervision(event)) });
  const places = { folder, trainerFolder: folder, pool };
  let collector: Promise<string | undefined> | undefined;
  const collect = () => {
    collector ??= startCollector(supervisor, { ...places, trainerFile: async () => resolve(file) });
    return collector;
  };
  try {
    const starting = Promise.all([
      startTrainer(supervisor, { ...places, trainer: async () => followed.trainer }),
      needsCollector(trainer) ? collect() : undefined,
    ]);
    const [training, metrics] = await interruption.during(starting);
    followed.follow(async (changed, concernsTrainer) => {
      if (needsCollector(changed)) await collect();
      if (concernsTrainer) await training.restart();
    });
    const participants = trainer.participants.map(({ id }) => id);
    const { aggregator } = trainer;
    const log = logFileOf(folder, trainerName(pool));
    answer(options, { pool, aggregator, participants, state: folder, log, metrics }, () =>
      [
        `trainer of pool ${pool} runs for ${participants.join(', ')} with ${aggregator}`,
        `state ${folder} (the local data stays there), log ${log}`,
        ...(metrics === undefined ? [] : [`metrics of the collector ${metrics}`]),
        'fedshell participant list shows what they do; Ctrl-C ends the trainer, the state stays.',
      ].join('\n'),
    );
    await Promise.race([interruption.happened, supervisor.failure]);
  } finally {
    followed.close();
    await supervisor.end();
  }
}
