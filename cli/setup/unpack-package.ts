import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from './run-program.ts';

/** Unpacks a packed npm package into `node_modules` of a folder. @throws CodedError `E_SETUP_FAILED` */
export async function unpackPackage(
  packed: string,
  name: string,
  { into, signal }: { readonly into: string; readonly signal: AbortSignal },
): Promise<string> {
  const folder = join(into, 'node_modules', name);
  await mkdir(folder, { recursive: true });
  // Every system that runs Node has a tar; packed packages hold all in one folder.
  await runProgram('tar', ['-xzf', packed, '-C', folder, '--strip-components=1'], `unpacking ${name}`, {
    timeoutMs: 300_000,
    signal,
  });
  return folder;
}
