import { setMaxListeners } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Federation } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { silentLog } from '../../runtime/log.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import { TrainingSlots } from '../trainer/training/training-slots.ts';
import { generatedParticipants } from './generated-participants.ts';
import { readKernels } from './read-kernels.ts';
import { recordedParticipants } from './recorded-participants.ts';
import type { RoundRecord } from './round-record.ts';
import { folderShelf } from './shelf.ts';
import { type SimulationResult, simulate } from './simulation.ts';

/** What `fedshell simulate FEDERATION` is asked for. */
export interface FederationSimulation {
  readonly federation: Federation;
  /** A folder with a manifest.csv; examples are generated without one. */
  readonly data?: string;
  /** Column of the manifest that makes the participants. @defaultValue `client` */
  readonly group?: string;
  /** @defaultValue one a group of the recordings, or 10 */
  readonly participants?: number;
  readonly rounds?: number;
  readonly seed?: number;
  /** Where versions and records are kept; a folder that is removed at the end without one. */
  readonly output?: string;
  /** Goes on with what the folder has. */
  readonly resume?: boolean;
  /** Training processes. @defaultValue one a core */
  readonly slots?: number;
  readonly onRound?: (record: RoundRecord) => void;
  readonly signal?: AbortSignal;
}

/**
 * Simulates a federation on this machine: makes its virtual participants, starts the training processes and does the rounds.
 * @throws CodedError as `simulate`; `E_INVALID_INPUT` for a folder that holds a simulation already, without `resume`.
 */
export async function simulateFederation(wanted: FederationSimulation): Promise<SimulationResult> {
  const { federation, data, group, participants, output, resume = false } = wanted;
  const folder = output === undefined ? mkdtempSync(join(tmpdir(), 'fedshell-simulate-')) : resolve(output);
  if (!resume && existsSync(join(folder, 'checkpoint.json'))) {
    const message = `${folder} holds a simulation already: go on with --resume, or name another folder`;
    throw new CodedError('E_INVALID_INPUT', message);
  }
  const seed = wanted.seed ?? federation.training.seed ?? 1;
  const into = join(folder, 'examples');
  mkdirSync(into, { recursive: true });
  const { profile } = federation;
  const shared = { profile, into };
  const tasks = new TrainingSlots({
    slots: wanted.slots ?? availableParallelism(),
    entry: entryPoint('services/trainer/training/process'),
    log: silentLog,
  });
  // Every task of a cohort waits for it.
  if (wanted.signal !== undefined) setMaxListeners(0, wanted.signal);
  try {
    tasks.warm();
    const virtual =
      data === undefined
        ? await generatedParticipants({ ...shared, participants: participants ?? 10, seed })
        : await recordedParticipants({
            ...shared,
            folder: resolve(data),
            ...(group !== undefined && { group }),
            ...(participants !== undefined && { participants }),
          });
    if (virtual.participants.length === 0) {
      throw new CodedError('E_TOO_FEW_EXAMPLES', 'no participant has a train example');
    }
    return await simulate({
      ...virtual,
      federation,
      seed,
      tasks,
      shelf: folderShelf(folder),
      kernels: readKernels(),
      fingerprint: data ?? 'generated',
      ...(wanted.rounds !== undefined && { rounds: wanted.rounds }),
      ...(wanted.onRound !== undefined && { onRound: wanted.onRound }),
      ...(wanted.signal !== undefined && { signal: wanted.signal }),
    });
  } finally {
    await tasks.close();
    rmSync(into, { recursive: true, force: true });
    if (output === undefined) rmSync(folder, { recursive: true, force: true });
  }
}
