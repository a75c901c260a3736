import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { poll } from '../../cli/terminal/poll.ts';
import type { Participant, Run } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import { processTree } from './process-tree.ts';

/** What `fedshell demo --json` prints last. */
export interface DemoResult {
  readonly accuracy: number;
  readonly initialAccuracy: number;
  readonly rounds: number;
  readonly participants: number;
  readonly trainExamples: number;
  readonly testExamples: number;
  readonly accuracyPerRound: readonly number[];
  readonly modelSha256: string;
  readonly evaluatedModelSha256: string;
  readonly aasModelSha256: string;
  readonly shellId: string;
}

/** A service of a demo, by what its command line contains. */
export const PROCESSES = {
  aggregator: 'services/aggregator/main',
  trainer: 'services/trainer/main',
  'training process': 'services/trainer/training/process',
  Redis: 'redis-server',
} as const;

interface RunningDemoOptions {
  /** An existing state folder; a new one by default, which `end` removes. */
  readonly state?: string;
  /** Added to this process's environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** `fedshell demo --json` as a process, with a state folder of its own. */
export class RunningDemo {
  readonly state: string;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  readonly #exit: Promise<number | null>;

  constructor(args: readonly string[], { state, environment = {} }: RunningDemoOptions = {}) {
    this.state = state ?? join(mkdtempSync(join(tmpdir(), 'fedshell-demo-')), 'state');
    this.#child = spawn(
      process.execPath,
      [
        entryPoint('cli/main'),
        'demo',
        '--json',
        '--port',
        '0',
        '--aas-port',
        '0',
        '--state',
        this.state,
        ...args,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } },
    );
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout += chunk.toString();
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
    this.#exit = new Promise((resolve) => this.#child.once('close', resolve));
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Base URL of the API, once it is printed. */
  api(): Promise<string> {
    return this.until(() => /API\s+(http:\/\/\S+)/.exec(this.#stderr)?.[1], 'the API');
  }

  runs(): Promise<Run[]> {
    return this.get<Run[]>('/api/runs');
  }

  participants(): Promise<Participant[]> {
    return this.get<Participant[]>('/api/participants');
  }

  /** Waits until `ask` gives something truthy and returns it; a demo that ends first fails it. */
  until<Value>(ask: () => Promise<Value> | Value, what: string): Promise<NonNullable<Value>> {
    return poll(
      async () => {
        if (this.#child.exitCode !== null) {
          throw new CodedError('E_RUN_FAILED', `the demo ended before ${what}:\n${this.#stderr}`);
        }
        return (await ask()) || undefined;
      },
      { what, timeoutMs: 60_000, intervalMs: 20 },
    );
  }

  get<Body>(path: string): Promise<Body> {
    return this.#request<Body>(path, {});
  }

  post<Body>(path: string, body: object): Promise<Body> {
    const headers = { 'content-type': 'application/json' };
    return this.#request<Body>(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async #request<Body>(path: string, init: RequestInit): Promise<Body> {
    const url = `${await this.api()}${path}`;
    let response: Response;
    try {
      response = await fetch(url, init);
    } catch (cause) {
      // The aggregator was killed and comes back.
      throw new CodedError('E_UNREACHABLE', `${url} does not answer`, { cause });
    }
    if (!response.ok)
      throw new CodedError('E_RUN_FAILED', `${url} answers ${response.status}: ${await response.text()}`);
    return (await response.json()) as Body;
  }

  /** Kills one process of the demo with -9 and returns its id. */
  kill9(what: keyof typeof PROCESSES): number {
    const pid = processTree(this.#child.pid as number).find(
      (candidate) =>
        commandOf(candidate)
          .split('\0')
          .some((word) => word.includes(PROCESSES[what])) && !commandOf(candidate).startsWith('sh'),
    );
    if (pid === undefined) throw new Error(`no ${what} runs`);
    process.kill(pid, 'SIGKILL');
    return pid;
  }

  /** Sends the demo itself a signal. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Ids of all its processes. */
  processes(): number[] {
    return processTree(this.#child.pid as number);
  }

  async exitCode(): Promise<number | null> {
    return this.#exit;
  }

  /** Waits for the end and returns the result. @throws Error with what it printed, if it failed. */
  async result(): Promise<DemoResult> {
    const code = await this.#exit;
    if (code !== 0) throw new Error(`the demo ended with ${code}:\n${this.#stderr.slice(-3000)}`);
    return JSON.parse(this.#stdout.trim().split('\n').at(-1) ?? '') as DemoResult;
  }

  /** Ends it and removes its state. */
  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM');
    await this.#exit;
    rmSync(join(this.state, '..'), { recursive: true, force: true });
  }
}

/** The command line of a process, its words ended by NUL; empty once it ended. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
