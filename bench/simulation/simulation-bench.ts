import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../runtime/log.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import { readKernels } from '../../services/simulation/read-kernels.ts';
import { folderShelf } from '../../services/simulation/shelf.ts';
import { type SimulationResult, simulate } from '../../services/simulation/simulation.ts';
import type { SimulationOptions, SimulationPorts } from '../../services/simulation/simulation-options.ts';
import { TrainingSlots } from '../../services/trainer/training/training-slots.ts';

/** Processes and folders that the simulations of a bench share. */
export class SimulationBench {
  readonly #work: string;
  readonly #kernels = readKernels();
  readonly tasks: TrainingSlots;
  #folders = 0;

  /** @param slots training processes. */
  constructor(name: string, slots = 2) {
    this.#work = mkdtempSync(join(tmpdir(), `fedshell-${name}-`));
    this.tasks = new TrainingSlots({
      slots,
      entry: entryPoint('services/trainer/training/process'),
      log: silentLog,
    });
    this.tasks.warm();
  }

  /** A new folder, gone at the end. */
  folder(): string {
    const folder = join(this.#work, String(this.#folders++));
    mkdirSync(folder);
    return folder;
  }

  async run(options: Omit<SimulationOptions, keyof SimulationPorts>): Promise<SimulationResult> {
    const folder = this.folder();
    try {
      return await simulate({
        ...options,
        tasks: this.tasks,
        shelf: folderShelf(folder),
        kernels: this.#kernels,
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async end(): Promise<void> {
    await this.tasks.close();
    rmSync(this.#work, { recursive: true, force: true });
  }
}

/** Accuracy of the last evaluation. @throws RangeError if there was none. */
export function lastAccuracy({ records }: SimulationResult): number {
  const accuracy = records.at(-1)?.evaluation?.accuracy;
  if (accuracy === undefined) throw new RangeError('the simulation was not evaluated');
  return accuracy;
}

/** The seeds of a bench: those of `--seeds=1,2`, else the given number of them from 1 on. */
export function seedsOf(flags: readonly string[], count: number): number[] {
  const given = flags.find((flag) => flag.startsWith('--seeds='))?.slice('--seeds='.length);
  return given?.split(',').map(Number) ?? Array.from({ length: count }, (_, index) => index + 1);
}
