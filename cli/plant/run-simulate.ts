import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { TrainerFile } from '../../openapi/schemas.ts';
import type { SimulateOptions } from '../commands/simulate.ts';
import { Supervisor } from '../supervise/supervisor.ts';
import { Interruption } from '../terminal/interruption.ts';
import { answer } from '../terminal/output.ts';
import { describeSupervision } from './describe-supervision.ts';
import { type Line, lineOf } from './line.ts';
import { type LineTrainerFileOptions, lineTrainerDocument, lineTrainerFile } from './line-trainer-file.ts';
import { readPlantFile } from './plant-file.ts';
import { startLine } from './start-line.ts';

const DEFAULT_AGGREGATOR = 'http://127.0.0.1:8600';

/** Serves a simulated line until the process is to end. */
export async function runSimulate(options: SimulateOptions): Promise<void> {
  const { port, pool = 'line', writeTrainer } = options;
  const line = await lineOf({ ...options, seed: options.seed ?? 1 });
  const interruption = new Interruption();
  const folder = resolve(options.state ?? join('.fedshell', `simulator-${pool}`));
  const supervisor = new Supervisor({
    folder,
    report: (event) => process.stderr.write(`${describeSupervision(event)}\n`),
  });
  try {
    const endpoint = await interruption.during(startLine(supervisor, { folder, port, spec: line.spec }));
    const described = describedLine(options, line, pool, endpoint);
    const trainer = lineTrainerFile(described);
    if (writeTrainer !== undefined) {
      const { stringify } = await import('yaml');
      await writeFile(
        writeTrainer,
        stringify(lineTrainerDocument(described), { aliasDuplicateObjects: false }),
      );
    }
    const machines = line.machines.map(({ id }) => id);
    const participants = trainer.participants.map(({ id }) => id);
    const { classes } = line;
    answer(options, { endpoint, machines, participants, classes, trainerFile: writeTrainer }, () =>
      [
        `OPC UA      ${endpoint}`,
        `line        ${line.text}: ${machines.join(', ')}`,
        `conditions  ${classes.join(', ')}`,
        ...(writeTrainer === undefined ? [] : [`trainer     ${describeTrainer(writeTrainer, trainer)}`]),
        'Ctrl-C ends it.',
      ].join('\n'),
    );
    await Promise.race([interruption.happened, supervisor.failure]);
  } finally {
    await supervisor.end();
  }
}

function describedLine(
  options: SimulateOptions,
  line: Line,
  pool: string,
  endpoint: string,
): LineTrainerFileOptions {
  const plant = readPlantFile(resolve(options.upState));
  return {
    aggregator: options.aggregator ?? plant?.api ?? DEFAULT_AGGREGATOR,
    tokenFile: 'join.token',
    ...(plant?.queue === undefined ? {} : { queue: plant.queue }),
    pool,
    ...(options.pool === undefined ? {} : { prefix: `${pool}-` }),
    endpoint,
    machines: line.machines,
  };
}

function describeTrainer(file: string, { participants, queue }: TrainerFile): string {
  const ids = participants.map(({ id }) => id).join(', ');
  const missing = queue === undefined ? '; add the queue that fedshell up prints, or set REDIS_URL' : '';
  return `${file} for ${ids}; it reads the join token from join.token beside it${missing}`;
}
