import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { PackageLimits } from '../../aasx/open-package.ts';
import type { Aasx } from '../../aasx/read-aasx.ts';
import type { EnvironmentJson } from '../../environment-json.ts';
import { readEnvironment } from '../../read-environment.ts';

/** An Environment from a file; from a package it has the package's files too, and must be closed. */
export interface OpenEnvironmentFile {
  readonly environment: EnvironmentJson;
  readonly aasx?: Aasx;
  close(): void;
}

/** The first bytes of a zip. */
const ZIP = Buffer.from('PK');

/**
 * Reads a file with an Environment: an AASX package, JSON or XML, told apart by its first bytes.
 * @throws CodedError `E_INVALID_INPUT` with every fault and its path, `E_AASX_REFUSED`
 */
export async function openEnvironmentFile(path: string, limits: PackageLimits): Promise<OpenEnvironmentFile> {
  if (await isZip(path)) {
    // The zip reader is loaded only where there is a package.
    const { openAasx } = await import('../../aasx/read-aasx.ts');
    const aasx = await openAasx(path, limits);
    return { environment: aasx.environment, aasx, close: () => aasx.close() };
  }
  const environment = await readEnvironment(createReadStream(path), limits.modelBytes);
  return { environment, close: () => undefined };
}

/** Whether a file begins as a zip does. */
export async function isZip(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(ZIP.length), 0, ZIP.length, 0);
    return bytesRead === ZIP.length && buffer.equals(ZIP);
  } finally {
    await file.close();
  }
}
