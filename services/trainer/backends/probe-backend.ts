import { fork } from 'node:child_process';
import { entryPoint } from '../../../runtime/package-root.ts';
import { backendEnvironment } from './backend-environment.ts';
import type { ProbeAnswer, ProbeRequest, Workload } from './probe-messages.ts';

interface ProbeOptions {
  /** Time for all of it, loading included. @defaultValue `probeTimeoutMs` of the workload */
  readonly timeoutMs?: number;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Compiled module of the process. */
  readonly entry?: string;
  readonly signal?: AbortSignal;
}

/** Time for a workload of so many numbers or fewer, and at most. */
const LEAST_TIMEOUT_MS = 60_000;
const NUMBERS_IN_LEAST_TIME = 2 ** 15;
const MOST_TIMEOUT_MS = 15 * 60_000;
/** The end of what a dying library says, in characters. */
const LAST_WORDS = 300;

/**
 * Time to measure a workload in: a minute, and more in proportion to the numbers of a batch, up to 15 minutes. A step of
 * `vgg-15` with 8 examples of 373 × 64 takes some 18 s on one core; it gets 350 s for its two.
 */
export function probeTimeoutMs(workload: Workload | undefined): number {
  if (workload === undefined) return LEAST_TIMEOUT_MS;
  const numbers = workload.featureShape.reduce((product, length) => product * length, workload.batchSize);
  const wantedMs = Math.round((LEAST_TIMEOUT_MS * numbers) / NUMBERS_IN_LEAST_TIME);
  return Math.min(Math.max(wantedMs, LEAST_TIMEOUT_MS), MOST_TIMEOUT_MS);
}

/**
 * Tries a backend in a process of its own and measures it. A backend that does not work, crashes or hangs is an answer
 * of kind `refused` with the reason, never a failure.
 * @throws CodedError `E_NOT_BUILT`
 */
export function probeBackend(request: ProbeRequest, options: ProbeOptions = {}): Promise<ProbeAnswer> {
  const { timeoutMs = probeTimeoutMs(request.workload), environment, signal } = options;
  const child = fork(options.entry ?? entryPoint('services/trainer/backends/probe-process'), [], {
    env: backendEnvironment(environment),
    // Flags of the parent, such as an inspector's port, are not the child's.
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let lastWords = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS);
  });
  return new Promise((resolve) => {
    const settle = (answer: ProbeAnswer) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve(answer);
    };
    const end = (message: string) => {
      child.kill('SIGKILL');
      settle({ kind: 'refused', message });
    };
    const onAbort = () => end('called off');
    const timer = setTimeout(() => end(`no answer within ${timeoutMs} ms`), timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    child.once('message', (answer: ProbeAnswer) => settle(answer));
    child.once('error', (error) => settle({ kind: 'refused', message: error.message }));
    child.once('close', (code, killedBy) => {
      const words = lastWords.trim().split('\n').at(-1) ?? '';
      const how = `its process ended with ${killedBy ?? `exit code ${code}`}`;
      settle({ kind: 'refused', message: words === '' ? how : `${how}: ${words}` });
    });
    child.send(request, () => undefined);
    if (signal?.aborted) onAbort();
  });
}
