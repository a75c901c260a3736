import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** What a measuring process answers. */
interface Answer {
  readonly ready?: string;
  readonly absent?: string;
  readonly steps?: number;
  readonly seconds?: number;
  readonly peakMb?: number;
}

/** A process that trains when it is told to, pinned to one core. */
export interface SteppingProcess {
  /** What it computes with. */
  readonly description: string;
  /** Trains for so long. */
  measure(seconds: number): Promise<{ readonly stepsPerSecond: number; readonly peakMb: number }>;
  stop(): void;
}

/**
 * Starts a process that speaks as bench/training/measuring-process.ts does.
 * @returns undefined with a reason where it has nothing to measure with.
 */
export async function startStepping(
  command: readonly [string, ...string[]],
  { core, environment = {} }: { core: number; environment?: Readonly<Record<string, string>> },
): Promise<SteppingProcess | { readonly absent: string }> {
  // Not every system has taskset; without it the scheduler may move the process.
  const pinned = process.platform === 'linux' ? ['taskset', '-c', String(core), ...command] : [...command];
  const [file, ...words] = pinned as [string, ...string[]];
  const child = spawn(file, words, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
  const answers = answersOf(child);
  const first = await answers();
  if (first.ready === undefined) {
    child.kill();
    return { absent: first.absent ?? 'it ended' };
  }
  return {
    description: first.ready,
    measure: async (seconds) => {
      child.stdin?.write(`${seconds}\n`);
      const { steps, seconds: took, peakMb = 0 } = await answers();
      if (steps === undefined || took === undefined)
        throw new Error(`${command.join(' ')} ended while measuring`);
      return { stepsPerSecond: steps / took, peakMb };
    },
    stop: () => child.kill(),
  };
}

/** Each call waits for the next line; the end of the process is an answer without content. */
function answersOf(child: ChildProcess): () => Promise<Answer> {
  const lines = child.stdout === null ? undefined : createInterface({ input: child.stdout });
  const failed = new Promise<Answer>((resolve) => {
    child.once('error', (error) => resolve({ absent: error.message }));
  });
  const iterator = lines?.[Symbol.asyncIterator]();
  return async () => {
    const line = iterator?.next().then(({ value, done }): Answer => (done ? {} : JSON.parse(value)));
    return Promise.race([line ?? {}, failed]);
  };
}
