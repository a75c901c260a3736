import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { readLineFile, readTrainerFile } from '../../openapi/read-trainer-file.ts';
import type { OpcuaSource } from '../../openapi/schemas.ts';
import { linePkiFolder } from './server-options.ts';

/** A source of OPC UA signals, by what it belongs to. */
export interface NamedLine {
  /** The participant of a trainer file; the file's path for a line file. */
  readonly name: string;
  readonly source: OpcuaSource;
}

/**
 * The OPC UA sources of a line file, or of a trainer file with its line files, and the folder of the certificates that
 * they are reached with: a trainer's own, where its file is given.
 * @throws CodedError `E_FILE_NOT_FOUND`, `E_INVALID_INPUT`
 */
export async function readLines(
  file: string,
  pki: string | undefined,
): Promise<{ readonly lines: readonly NamedLine[]; readonly pkiFolder: string }> {
  if (!(await isTrainerFile(file))) {
    return { lines: [{ name: file, source: await readLineFile(file) }], pkiFolder: linePkiFolder(pki) };
  }
  const { trainer } = await readTrainerFile(file);
  const lines = trainer.participants.flatMap(({ id, source: { opcua } }) =>
    opcua === undefined ? [] : [{ name: id, source: opcua }],
  );
  return { lines, pkiFolder: resolve(pki ?? join('.fedshell', `trainer-${trainer.pool.id}`, 'pki')) };
}

/** Whatever cannot be read or parsed is told when it is read as a line file. */
async function isTrainerFile(file: string): Promise<boolean> {
  try {
    const value: unknown = parse(await readFile(file, 'utf8'));
    return typeof value === 'object' && value !== null && 'participants' in value;
  } catch {
    return false;
  }
}
