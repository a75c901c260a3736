import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Federation, Participant, Run, TrainerFile } from '../../openapi/schemas.ts';
import { packageRoot } from '../../runtime/package-root.ts';
import { eventually } from './eventually.ts';
import { runFedshell } from './run-fedshell.ts';
import { StartedFedshell } from './started-fedshell.ts';

/** What `fedshell up --json` answers. */
interface UpAnswer {
  readonly api: string;
  readonly aas: string;
  readonly queue: { readonly url: string; readonly passwordFile: string };
}

/** A plant as a user builds it, command by command, in a folder that ends with it. */
export class Plant {
  readonly folder = mkdtempSync(join(tmpdir(), 'fedshell-plant-'));
  readonly #started: StartedFedshell[] = [];
  up: UpAnswer | undefined;

  /** `fedshell up` */
  async start(...options: readonly string[]): Promise<UpAnswer> {
    const up = this.#start([
      'up',
      '--json',
      '--port',
      '0',
      '--aas-port',
      '0',
      '--state',
      this.path('up'),
      ...options,
    ]);
    this.up = await up.answer<UpAnswer>();
    return this.up;
  }

  /** `fedshell federation create` of the example with some numbers changed; the token lies in `join.token`. */
  async createFederation(change: (federation: Federation) => void): Promise<Federation> {
    const example = join(packageRoot(), 'examples', 'vibration.federation.yaml');
    const federation = parse(readFileSync(example, 'utf8')) as Federation;
    change(federation);
    writeFileSync(this.path('federation.yaml'), stringify(federation));
    const created = await this.command<{ joinToken: string }>(
      'federation',
      'create',
      this.path('federation.yaml'),
    );
    writeFileSync(this.path('join.token'), created.joinToken);
    return federation;
  }

  /** `fedshell simulate`, a line of one machine, and the trainer file for it, changed as a user would edit it. */
  async simulate(pool: string, seed: number, change: (file: TrainerFile) => void): Promise<string> {
    const file = this.path(`${pool}.trainer.yaml`);
    const line = this.#start([
      ...['simulate', '--json', '--machines', '1', '--seed', String(seed), '--pool', pool],
      ...[
        '--aggregator',
        this.up?.api ?? '',
        '--write-trainer',
        file,
        '--state',
        this.path(`simulator-${pool}`),
      ],
    ]);
    await line.answer();
    const trainer = parse(readFileSync(file, 'utf8')) as TrainerFile;
    trainer.token = { file: 'join.token' };
    trainer.queue = { redis: this.up?.queue.url ?? '', passwordFile: this.up?.queue.passwordFile ?? '' };
    change(trainer);
    writeFileSync(file, stringify(trainer));
    return file;
  }

  /** `fedshell trainer FILE` */
  train(pool: string): void {
    this.#start(['trainer', this.path(`${pool}.trainer.yaml`), '--state', this.trainerFolder(pool)]);
  }

  trainerFolder(pool: string): string {
    return this.path(`trainer-${pool}`);
  }

  /** Waits until these participants have joined a federation. */
  async joined(...ids: readonly string[]): Promise<void> {
    await eventually(
      async () => {
        const all = await this.command<Participant[]>('participant', 'list');
        return ids.every((id) => all.some((one) => one.id === id && one.federations.length > 0));
      },
      { what: `${ids.join(', ')} to join`, timeoutMs: 60_000, intervalMs: 200 },
    );
  }

  /** Waits for the end of a run and returns it. */
  async ended(runId: string): Promise<Run> {
    return eventually(
      async () => {
        const run = await this.command<Run>('run', 'show', runId);
        return ['completed', 'failed', 'stopped'].includes(run.state) ? run : undefined;
      },
      { what: 'the end of the run', timeoutMs: 120_000, intervalMs: 200 },
    );
  }

  /** Runs a command against this plant and returns its JSON answer. */
  async command<Answer>(...args: readonly string[]): Promise<Answer> {
    const { exitCode, stdout, stderr } = await runFedshell([
      ...args,
      '--json',
      '--aggregator',
      this.up?.api ?? '',
    ]);
    if (exitCode !== 0) throw new Error(`fedshell ${args.join(' ')} ended with ${exitCode}: ${stderr}`);
    return JSON.parse(stdout) as Answer;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Ends everything, last started first, and removes the folder. */
  async end(): Promise<void> {
    for (const started of this.#started.reverse()) await started.end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #start(args: readonly string[]): StartedFedshell {
    const started = new StartedFedshell(args);
    this.#started.push(started);
    return started;
  }
}
