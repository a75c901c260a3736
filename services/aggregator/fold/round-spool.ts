import { closeSync, ftruncateSync, openSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { FoldRunner } from '../../../learning/aggregation/fold/fold-runner.ts';
import { MemoryFiles, type SpoolFiles } from '../../../learning/aggregation/fold/spool-files.ts';
import type { SpooledUpdate } from '../../../learning/pipeline/spool-reducer.ts';
import { readSpooledHeader } from '../../../learning/pipeline/spooled-tensors.ts';
import { ENCODED_DTYPES } from '../../../learning/pipeline/verify-encoded-update.ts';
import type { Contribution } from '../../../openapi/schemas.ts';
import type { Store } from '../store/store.ts';
import type { FoldPool } from './fold-pool.ts';
import { OpenFiles } from './open-files.ts';

/** A round's verified updates where they can be reduced, and room for what they are reduced to. */
export interface RoundSpool {
  /** Reads updates, results and whatever else lies on disk. */
  readonly files: SpoolFiles;
  readonly runner: FoldRunner;
  /** In the order of the contributions. */
  readonly updates: readonly SpooledUpdate[];
  /** Makes a file of so many bytes; it is gone with the spool. */
  scratch(bytes: number): string;
  close(): Promise<void>;
}

/** Bytes of small updates that are reduced in memory at most: what the aggregator needs must not grow with the cohort. */
const MEMORY_BYTES = 32 * 1024 ** 2;

/**
 * Opens the updates of contributions. A few small ones, whose bytes are in the database, are reduced in memory there and
 * then, without a file or a thread; many of them, and all as soon as one is large, from files by the pool.
 */
export function openRoundSpool(
  store: Store,
  pool: FoldPool,
  contributions: readonly Contribution[],
): RoundSpool {
  const disk = new OpenFiles();
  const memory = new MemoryFiles(disk);
  const scratched: string[] = [];
  const locate = ({ sha256, bytes }: Contribution) => store.updates.locate(sha256, bytes);
  const bytesOfAll = contributions.reduce((sum, { bytes }) => sum + bytes, 0);
  const isSmall =
    bytesOfAll <= MEMORY_BYTES && contributions.every((each) => typeof locate(each) !== 'string');
  const onDisk = (write: (path: string) => void): string => {
    const path = store.versionFiles.partial();
    scratched.push(path);
    write(path);
    return path;
  };
  const pathOf = (place: Uint8Array | string, index: number): string => {
    if (typeof place === 'string') return place;
    if (!isSmall) return onDisk((path) => writeFileSync(path, place));
    memory.put(`update-${index}`, place);
    return `update-${index}`;
  };
  let results = 0;
  const spool: Omit<RoundSpool, 'updates'> = {
    files: memory,
    runner: isSmall ? pool.inline(memory) : pool,
    scratch(bytes) {
      if (!isSmall) return onDisk((path) => makeFile(path, bytes));
      const path = `result-${results++}`;
      memory.put(path, new Uint8Array(bytes));
      return path;
    },
    async close() {
      disk.close();
      for (const path of scratched) await rm(path, { force: true });
    },
  };
  const updates = contributions.map((contribution, index) => {
    const { participant } = contribution;
    const path = pathOf(locate(contribution), index);
    return { participant, path, header: readSpooledHeader(memory, path, ENCODED_DTYPES) };
  });
  return { ...spool, updates };
}

function makeFile(path: string, bytes: number): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    ftruncateSync(file, bytes);
  } finally {
    closeSync(file);
  }
}
