import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '../../runtime/canonical-json.ts';
import { CodedError } from '../../runtime/errors.ts';
import { makeFolder } from '../../runtime/make-folder.ts';

/** The file that makes a folder known as ours, with what it was made for. */
const MARKER = 'fedshell-state.json';

type OptionValue = string | number | boolean | null;

/** What a state folder was made for; a later start on it must want the same. */
export interface StateMarker {
  readonly command: 'demo' | 'up';
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** What a state folder was made for; undefined where it is new. */
function readStateMarker(folder: string): StateMarker | undefined {
  const file = join(folder, MARKER);
  if (!existsSync(file)) return undefined;
  // We alone write this file.
  return JSON.parse(readFileSync(file, 'utf8')) as StateMarker;
}

/**
 * Makes sure that the folder is a state made for `wanted`, and marks it if it is new.
 * @throws CodedError `E_STATE_MISMATCH` if it was made for something else, or holds files that are not ours;
 * `E_FOLDER_UNUSABLE`
 */
export function claimStateFolder(folder: string, wanted: StateMarker): void {
  makeFolder(folder);
  const stored = readStateMarker(folder);
  if (stored === undefined) {
    refuseForeignFiles(folder);
    writeFileSync(join(folder, MARKER), `${canonicalJson(wanted)}\n`, { mode: 0o600 });
    return;
  }
  const differences = differencesOf(stored, wanted);
  if (differences.length === 0) return;
  throw new CodedError(
    'E_STATE_MISMATCH',
    `the state folder ${folder} was made with ${differences.join(' and ')}; ${wanted.command === 'demo' ? '--fresh deletes it and starts anew, ' : ''}--state chooses another one`,
  );
}

/**
 * Empties a state folder, except for what its owner's lock is in. A folder that does not exist or is empty is fine.
 * @throws CodedError `E_STATE_MISMATCH` if it is not known to be a state of ours: it is left alone.
 */
export function emptyStateFolder(folder: string): void {
  if (!existsSync(folder)) return;
  if (readStateMarker(folder) === undefined) {
    refuseForeignFiles(folder);
    return;
  }
  // The marker goes last: a deletion that was cut short can be repeated.
  const names = readdirSync(folder).filter((name) => name !== 'supervisor' && name !== MARKER);
  for (const name of [...names, MARKER]) rmSync(join(folder, name), { recursive: true, force: true });
}

function refuseForeignFiles(folder: string): void {
  // A trainer or a simulator that was started on its own may have made its folder here before.
  const isOurs = (name: string) => /^(supervisor|logs|(trainer|simulator)-.+)$/.test(name);
  const foreign = readdirSync(folder).filter((name) => !isOurs(name));
  if (foreign.length === 0) return;
  throw new CodedError(
    'E_STATE_MISMATCH',
    `the folder ${folder} holds ${foreign[0]} and is not known as a state of fedshell; choose another one with --state`,
  );
}

function differencesOf(stored: StateMarker, wanted: StateMarker): string[] {
  if (stored.command !== wanted.command)
    return [`fedshell ${stored.command}, not fedshell ${wanted.command}`];
  return Object.keys({ ...stored.options, ...wanted.options })
    .filter((key) => (stored.options[key] ?? null) !== (wanted.options[key] ?? null))
    .map((key) => `${key} ${show(stored.options[key])}, not ${show(wanted.options[key])}`);
}

function show(value: OptionValue | undefined): string {
  return value === null || value === undefined ? 'left open' : String(value);
}
