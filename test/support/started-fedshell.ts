import { type ChildProcess, spawn } from 'node:child_process';
import { eventually } from './eventually.ts';
import { FEDSHELL } from './run-fedshell.ts';

/** A command that serves until it is ended, such as `fedshell up`. */
export class StartedFedshell {
  readonly #child: ChildProcess;
  readonly #exit: Promise<void>;
  stdout = '';
  stderr = '';

  constructor(args: readonly string[]) {
    this.#child = spawn(process.execPath, [FEDSHELL, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.on('data', (chunk) => {
      this.stdout += String(chunk);
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.stderr += String(chunk);
    });
    this.#exit = new Promise((resolve) => this.#child.once('close', () => resolve()));
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('fedshell could not be started');
    return this.#child.pid;
  }

  /** The JSON that the command answers with once it runs. */
  async answer<Answer>(): Promise<Answer> {
    await eventually(
      () => {
        if (this.#child.exitCode !== null)
          throw new Error(`ended with ${this.#child.exitCode}: ${this.stderr}`);
        return this.stdout.includes('\n');
      },
      { what: 'the answer', timeoutMs: 60_000 },
    );
    return JSON.parse(this.stdout.slice(0, this.stdout.indexOf('\n'))) as Answer;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM');
    await this.#exit;
  }
}
