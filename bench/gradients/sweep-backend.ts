import { fork } from 'node:child_process';
import { entryPoint } from '../../runtime/package-root.ts';
import type { BackendPlan } from '../../services/trainer/backends/backend-plan.ts';
import { nodeMajor, wasmBuildOf } from '../../services/trainer/backends/wasm-numerics.ts';

/** What a process found of one operation. */
export interface SweptOperation {
  readonly operation: string;
  /** Largest difference from the `cpu` backend over the largest value; infinite for what the backend refuses. */
  readonly difference: number;
  /** What it said when it refused. */
  readonly refusal?: string;
}

/** As it comes over the channel. */
type Sent = Omit<SweptOperation, 'difference'> & { readonly difference: number | null };

/** Under software drivers of GPUs each operation takes a second. */
const TIMEOUT_MS = 300_000;
/** From this version on the engine runs relaxed SIMD without being told; the one before knows it too. */
const RELAXED_SIMD_NODE = 22;

/**
 * Compares the gradients of all operations on one backend with those of the `cpu` backend, in a process of its own,
 * loaded as a training process loads it.
 * @throws Error with what the process said if it fails.
 */
export function sweepBackend(plan: BackendPlan): Promise<SweptOperation[]> {
  const isRelaxed = plan.numerics.backend === 'wasm' && wasmBuildOf(plan.numerics) === 'relaxed-simd';
  const execArgv = isRelaxed && nodeMajor() < RELAXED_SIMD_NODE ? ['--experimental-wasm-relaxed-simd'] : [];
  return new Promise((resolve, reject) => {
    const child = fork(entryPoint('bench/gradients/sweep-process'), [], {
      execArgv,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    const swept: SweptOperation[] = [];
    let said = '';
    child.stderr?.on('data', (chunk) => {
      said += String(chunk);
    });
    // Infinity does not survive the channel's JSON.
    child.on('message', ({ difference, ...rest }: Sent) =>
      swept.push({ ...rest, difference: difference ?? Number.POSITIVE_INFINITY }),
    );
    child.once('error', reject);
    child.once('close', (exitCode, signal) => {
      if (exitCode === 0) resolve(swept);
      else
        reject(
          new Error(`the sweep ended with ${exitCode ?? signal} after ${swept.length}: ${said.slice(-500)}`),
        );
    });
    child.send(plan);
  });
}
