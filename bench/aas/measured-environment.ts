import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { CodedError } from '../../runtime/errors.ts';
import { entryPoint } from '../../runtime/package-root.ts';

/** What every request of the bench carries: the token, and an origin so that CORS has its work. */
const TOKEN = 'bench-token-0123456789abcdef';
const ORIGIN = 'http://localhost:3000';

/** `fedshell aas` under test: a process of its own, in the configuration it is delivered in, with a token set. */
export class MeasuredEnvironment {
  readonly port: number;
  readonly startMs: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number, startMs: number) {
    this.#child = child;
    this.port = port;
    this.startMs = startMs;
  }

  /** Starts it on a state folder and waits for its first answer. */
  static async start(folder: string): Promise<MeasuredEnvironment> {
    const tokenFile = `${folder}.token`;
    writeFileSync(tokenFile, TOKEN, { mode: 0o600 });
    const startedMs = performance.now();
    const child = spawn(
      process.execPath,
      [
        entryPoint('cli/main'),
        ...['aas', '--json', '--port', '0', '--state', folder, '--api-token-file', tokenFile],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const port = await portOf(child);
    const environment = new MeasuredEnvironment(child, port, performance.now() - startedMs);
    await environment.request('GET', '/description');
    return new MeasuredEnvironment(child, port, performance.now() - startedMs);
  }

  get pid(): number {
    // The process was spawned: it printed its address.
    return this.#child.pid as number;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Header lines of every request, each ended by CRLF. */
  get headerLines(): string {
    return `Authorization: Bearer ${TOKEN}\r\nOrigin: ${ORIGIN}\r\n`;
  }

  get headers(): Record<string, string> {
    return { authorization: `Bearer ${TOKEN}`, origin: ORIGIN };
  }

  /** @returns the JSON body. @throws CodedError `E_RUN_FAILED` for a refusal. */
  async request<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { ...this.headers, ...(text === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(text === undefined ? {} : { body: text }),
    });
    const answer = await response.text();
    if (!response.ok)
      throw new CodedError('E_RUN_FAILED', `${method} ${path} answers ${response.status}: ${answer}`);
    // The bench asks for what it knows the shape of.
    return (answer === '' ? undefined : JSON.parse(answer)) as Body;
  }

  /** Resident memory in MB. */
  memoryMB(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1000;
  }

  /** Ends it as a power cut would: nothing of it runs any more. */
  async kill9(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended();
  }

  async end(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#ended();
  }

  async #ended(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }
}

/** The port in the address that a process prints. @throws CodedError `E_PROCESS_FAILED` if it ends before. */
export async function portOf(child: ChildProcess): Promise<number> {
  let printed = '';
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      const port = /(?:http:\/\/127\.0\.0\.1:|port )(\d+)/.exec(printed)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    child.once('exit', () =>
      reject(new CodedError('E_PROCESS_FAILED', `the server ended before it listened: ${printed}`)),
    );
  });
}
