import { readFile } from 'node:fs/promises';
import { CodedError, type Fault, toCodedError } from '../runtime/errors.ts';
import type { OpcuaSource, Schemas, TrainerFile } from './schemas.ts';
import { sourceWithAbsolutePaths, withAbsolutePaths } from './trainer-file-paths.ts';
import { parseAndValidate } from './validate.ts';

/** A trainer file as the processes use it. */
export interface LoadedTrainerFile {
  /** Its paths are absolute, and each source that names a line file has that file's content as `opcua` instead. */
  readonly trainer: TrainerFile;
  /** Every file it was read from, itself first: a change of one is a change of the trainer file. */
  readonly files: readonly string[];
}

/**
 * Reads a trainer file, YAML or JSON, with the line files that it names.
 * @throws CodedError `E_FILE_NOT_FOUND`; `E_INVALID_INPUT` with the faults of all files, their paths and lines.
 */
export async function readTrainerFile(file: string): Promise<LoadedTrainerFile> {
  const written = withAbsolutePaths(await readChecked('TrainerFile', file), file);
  const lineFiles = [...new Set(written.participants.flatMap(({ source }) => source.line ?? []))];
  const lines = await readLineFiles(lineFiles);
  const participants = written.participants.map((participant) => {
    const { line } = participant.source;
    const opcua = line === undefined ? undefined : lines.get(line);
    return opcua === undefined ? participant : { ...participant, source: { opcua } };
  });
  return { trainer: { ...written, participants }, files: [file, ...lineFiles] };
}

/**
 * Reads a line file: what stands below `opcua` in a trainer file. Its paths become absolute.
 * @throws CodedError `E_FILE_NOT_FOUND`; `E_INVALID_INPUT` with every fault, its path and its line.
 */
export async function readLineFile(file: string): Promise<OpcuaSource> {
  return sourceWithAbsolutePaths(await readChecked('OpcuaSource', file), file);
}

async function readLineFiles(files: readonly string[]): Promise<ReadonlyMap<string, OpcuaSource>> {
  const sources = new Map<string, OpcuaSource>();
  const failures: CodedError[] = [];
  for (const file of files) {
    try {
      sources.set(file, await readLineFile(file));
    } catch (thrown) {
      failures.push(toCodedError(thrown));
    }
  }
  const [first] = failures;
  if (first === undefined) return sources;
  if (failures.length === 1) throw first;
  const faults = failures.flatMap(({ message, faults: own }): Fault[] =>
    own.length === 0
      ? [{ path: '', message }]
      : own.map((fault) => ({ ...fault, message: `${fault.message} (${message})` })),
  );
  throw new CodedError(first.code, `${failures.length} line files cannot be used`, { faults });
}

async function readChecked<Name extends keyof Schemas>(name: Name, file: string): Promise<Schemas[Name]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new CodedError('E_FILE_NOT_FOUND', `the file ${file} cannot be read`, { cause });
  }
  return parseAndValidate(name, text, file);
}
