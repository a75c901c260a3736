import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../runtime/errors.ts';
import type { MadeVersion, RoundRecord } from './round-record.ts';

/** Where a simulation stands after a round; with the files that it names it can go on. */
export interface Checkpoint {
  /** What must be the same for it to go on. */
  readonly settings: string;
  /** Rounds done. */
  readonly round: number;
  /** The current version of every group. */
  readonly versions: readonly MadeVersion[];
  /** sha256 of the strategy's state, if it keeps one. */
  readonly state: string | null;
  /** sha256 of what downloads leave out, by group. */
  readonly residuals: Readonly<Record<string, string>>;
  /** sha256 of what participants keep. */
  readonly participants: Readonly<Record<string, string>>;
  /** The group that each participant last counted in, where it is not the first one. */
  readonly groups: Readonly<Record<string, string>>;
  /** Who has the versions before the current ones. */
  readonly lastCohort: readonly string[];
  /** Of asynchronous runs: who trains since when from which version. */
  readonly underway: readonly Underway[];
  /** The simulation's own time, in which they arrive. */
  readonly now: number;
  /** Length of the records' file. */
  readonly recordBytes: number;
}

/** A participant that trains while versions are made. */
export interface Underway {
  readonly participant: string;
  /** The round in which it was given the job. */
  readonly turn: number;
  readonly group: string;
  readonly base: MadeVersion;
  /** When its update arrives, in the simulation's own time. */
  readonly arrives: number;
}

/** Where versions, states and records lie; files are named by the sha256 of their bytes. */
export interface Shelf {
  put(bytes: Uint8Array): string;
  path(sha256: string): string;
  read(sha256: string): Uint8Array;
  /** A place for a file that a task writes. */
  draft(name: string): string;
  /** Takes what a task wrote, if it did. @returns its sha256 */
  adopt(draft: string): string | undefined;
  /** Keeps a record and where the simulation stands; files that neither names go. */
  save(record: RoundRecord, checkpoint: Omit<Checkpoint, 'recordBytes'>): void;
  /** The last one that was kept whole; records after it are dropped. */
  load(): Checkpoint | undefined;
  records(): RoundRecord[];
}

/** A shelf in a folder. A simulation that is killed finds what it saved, whatever moment it ended at. */
export function folderShelf(folder: string): Shelf {
  const files = join(folder, 'files');
  const drafts = join(folder, 'drafts');
  const recordsFile = join(folder, 'rounds.jsonl');
  const checkpointFile = join(folder, 'checkpoint.json');
  mkdirSync(files, { recursive: true });
  rmSync(drafts, { recursive: true, force: true });
  mkdirSync(drafts);
  const known = new Set(readdirSync(files));
  let recordBytes = 0;
  const path = (sha256: string) => join(files, sha256);
  const put = (bytes: Uint8Array): string => {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (!known.has(sha256)) {
      writeFileSync(join(drafts, 'put'), bytes);
      renameSync(join(drafts, 'put'), path(sha256));
      known.add(sha256);
    }
    return sha256;
  };
  return {
    put,
    path,
    read: (sha256) => readFileSync(path(sha256)),
    draft: (name) => join(drafts, name),
    adopt(draft) {
      if (!existsSync(draft)) return undefined;
      const sha256 = createHash('sha256').update(readFileSync(draft)).digest('hex');
      renameSync(draft, path(sha256));
      known.add(sha256);
      return sha256;
    },
    save(record, checkpoint) {
      const line = `${JSON.stringify(record)}\n`;
      appendFileSync(recordsFile, line);
      recordBytes += Buffer.byteLength(line);
      const whole: Checkpoint = { ...checkpoint, recordBytes };
      writeFileSync(`${checkpointFile}.new`, JSON.stringify(whole));
      renameSync(`${checkpointFile}.new`, checkpointFile);
      const named = namedBy(whole);
      for (const sha256 of known) {
        if (named.has(sha256)) continue;
        rmSync(path(sha256), { force: true });
        known.delete(sha256);
      }
    },
    load() {
      if (!existsSync(checkpointFile)) {
        rmSync(recordsFile, { force: true });
        return undefined;
      }
      // Only `save` writes it, whole.
      const checkpoint = JSON.parse(readFileSync(checkpointFile, 'utf8')) as Checkpoint;
      ({ recordBytes } = checkpoint);
      truncateSync(recordsFile, recordBytes);
      const missing = [...namedBy(checkpoint)].find((sha256) => !known.has(sha256));
      if (missing !== undefined) {
        throw new CodedError('E_FILE_NOT_FOUND', `${folder} lacks the file ${missing} of its checkpoint`);
      }
      return checkpoint;
    },
    records: () =>
      existsSync(recordsFile)
        ? readFileSync(recordsFile, 'utf8')
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => JSON.parse(line) as RoundRecord)
        : [],
  };
}

function namedBy({ versions, state, residuals, participants, underway }: Checkpoint): Set<string> {
  return new Set([
    ...versions.map(({ sha256 }) => sha256),
    ...(state === null ? [] : [state]),
    ...Object.values(residuals),
    ...Object.values(participants),
    ...underway.map(({ base }) => base.sha256),
  ]);
}
