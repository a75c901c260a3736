import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { SimulateOptions } from '../commands/simulate.ts';
import { Supervisor } from '../supervise/supervisor.ts';
import { Interruption } from '../terminal/interruption.ts';
import { answer } from '../terminal/output.ts';
import { describeSupervision } from './describe-supervision.ts';
import { lineOf } from './line.ts';
import { lineTrainerFile } from './line-trainer-file.ts';
import { startLine } from './start-line.ts';

/** Serves a simulated line until the process is to end. */
export async function runSimulate(options: SimulateOptions): Promise<void> {
  const { port, writeTrainer } = options;
  const line = await lineOf(options);
  const interruption = new Interruption();
  const folder = resolve(options.state ?? join('.fedshell', `simulator-${options.pool}`));
  const supervisor = new Supervisor({
    folder,
    report: (event) => process.stderr.write(`${describeSupervision(event)}\n`),
  });
  try {
    const endpoint = await interruption.during(startLine(supervisor, { folder, port, spec: line.spec }));
    if (writeTrainer !== undefined) {
      const { stringify } = await import('yaml');
      const { aggregator, pool } = options;
      const trainer = lineTrainerFile({
        aggregator,
        tokenFile: 'join.token',
        pool,
        endpoint,
        machines: line.machines,
      });
      await writeFile(writeTrainer, stringify(trainer, { aliasDuplicateObjects: false }));
    }
    const machines = line.machines.map(({ id }) => id);
    const { classes } = line;
    answer(options, { endpoint, machines, classes, trainerFile: writeTrainer }, () =>
      [
        `OPC UA      ${endpoint}`,
        `line        ${line.text}: ${machines.join(', ')}`,
        `conditions  ${classes.join(', ')}`,
        ...(writeTrainer === undefined
          ? []
          : [
              `trainer     ${writeTrainer}; add the queue that fedshell up prints, put the join token into join.token`,
            ]),
        'Ctrl-C ends it.',
      ].join('\n'),
    );
    await Promise.race([interruption.happened, supervisor.failure]);
  } finally {
    await supervisor.end();
  }
}
