import { fork, spawnSync } from 'node:child_process';
import { createHash, randomBytes, randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, createReadStream, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { encodeIdentifier } from '../../aas/identifier-encoding.ts';
import { CodedError } from '../../runtime/errors.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import { median, note, printFigure } from '../support/figure.ts';
import type { MeasuredEnvironment } from './measured-environment.ts';
import type { TransferAnswer, TransferRequest } from './transfer-messages.ts';

const BYTES = 1024 ** 3;
const ROUNDS = 5;
const SUBMODEL_ID = 'urn:bench:attachment';

/**
 * One GiB of random bytes up, durable before the answer, in turns with `dd conv=fsync` on the same disk, and down
 * again; and by how much the environment's memory grows while it does.
 * @param folder on the disk of the environment's state.
 */
export async function measureAttachments(environment: MeasuredEnvironment, folder: string): Promise<void> {
  const element = { modelType: 'File', idShort: 'Model', contentType: 'application/octet-stream' };
  const submodel = { modelType: 'Submodel', id: SUBMODEL_ID, submodelElements: [element] };
  const path = `/submodels/${encodeIdentifier(SUBMODEL_ID)}`;
  await environment.request('PUT', path, submodel);
  const source = join(folder, 'random.bin');
  writeRandomFile(source);
  const transfer = fork(entryPoint('bench/aas/transfer-process'));
  const ask = async (request: Pick<TransferRequest, 'kind' | 'hash'>): Promise<TransferAnswer> => {
    const url = `${environment.url}${path}/submodel-elements/Model/attachment`;
    transfer.send({ ...request, url, headers: environment.headers, file: source, bytes: BYTES });
    // The two processes are of one build.
    const [answer] = (await once(transfer, 'message')) as [TransferAnswer];
    if (answer.status >= 300 || answer.bytes !== BYTES) {
      throw new CodedError('E_RUN_FAILED', `the ${request.kind} ended with ${answer.status}`);
    }
    return answer;
  };
  const memory = watchMemory(environment);
  try {
    const up: number[] = [];
    const copied: number[] = [];
    const down: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      // Another content each time, or the store would have it already.
      changeBeginning(source);
      spawnSync('sync');
      copied.push(copyDurably(source, join(folder, 'copy.bin')));
      spawnSync('sync');
      up.push(megabytesPerSecond(await ask({ kind: 'upload' })));
      down.push(megabytesPerSecond(await ask({ kind: 'download' })));
      note(
        `aas: attachment up ${up.at(-1)?.toFixed(0)}, dd ${copied.at(-1)?.toFixed(0)}, down ${down.at(-1)?.toFixed(0)} MB/s`,
      );
    }
    const grownMB = memory.end();
    const { sha256 } = await ask({ kind: 'download', hash: true });
    if (sha256 !== (await sha256Of(source)))
      throw new CodedError('E_RUN_FAILED', 'the attachment came back changed');
    const settings = { bytes: BYTES, rounds: ROUNDS };
    const ratio = median(up) / median(copied);
    const rates = { upMBs: Math.round(median(up)), ddMBs: Math.round(median(copied)) };
    printFigure({ name: 'aas/attachment-up-ratio', value: ratio, unit: '', ...rates, ...settings });
    printFigure({ name: 'aas/attachment-down', value: median(down), unit: 'MB/s', ...settings });
    printFigure({ name: 'aas/attachment-memory', value: grownMB, unit: 'MB', kind: 'RSS', ...settings });
    await environment.request('DELETE', path);
  } finally {
    memory.end();
    transfer.kill();
    rmSync(source, { force: true });
  }
}

const megabytesPerSecond = ({ elapsedMs }: TransferAnswer): number => BYTES / 1e6 / (elapsedMs / 1000);

/** The rate at which the system itself copies the file and syncs it. */
function copyDurably(source: string, target: string): number {
  const startedMs = performance.now();
  const copy = spawnSync('dd', [`if=${source}`, `of=${target}`, 'bs=1M', 'conv=fsync'], { encoding: 'utf8' });
  const elapsedMs = performance.now() - startedMs;
  if (copy.status !== 0) throw new CodedError('E_PROCESS_FAILED', `dd failed: ${copy.stderr}`);
  rmSync(target);
  return BYTES / 1e6 / (elapsedMs / 1000);
}

function writeRandomFile(file: string): void {
  const chunk = Buffer.allocUnsafe(16 * 1024 ** 2);
  const target = openSync(file, 'w');
  for (let written = 0; written < BYTES; written += chunk.length) writeSync(target, randomFillSync(chunk));
  closeSync(target);
}

function changeBeginning(file: string): void {
  const target = openSync(file, 'r+');
  writeSync(target, randomBytes(16), 0, 16, 0);
  closeSync(target);
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Watches the resident memory; `end` tells by how much it grew at most. */
function watchMemory(environment: MeasuredEnvironment): { end(): number } {
  const beforeMB = environment.memoryMB();
  let highestMB = beforeMB;
  const timer = setInterval(() => {
    highestMB = Math.max(highestMB, environment.memoryMB());
  }, 20);
  return {
    end: () => {
      clearInterval(timer);
      return highestMB - beforeMB;
    },
  };
}
