import { dirname, resolve } from 'node:path';
import type { OutsideAas, Schemas } from '../../openapi/schemas.ts';
import { readInput } from '../terminal/read-input.ts';

type Server = Schemas['AasServer'];

/**
 * Reads the file of `--aas-target`; the paths in it, which are relative to its own folder, become absolute.
 * @throws CodedError `E_FILE_NOT_FOUND`, `E_INVALID_INPUT`
 */
export async function readOutsideAas(file: string | undefined): Promise<OutsideAas | undefined> {
  if (file === undefined) return undefined;
  const outside = await readInput('OutsideAas', file);
  const folder = dirname(resolve(file));
  const server = (one: Server): Server =>
    one.token !== undefined && 'file' in one.token
      ? { ...one, token: { file: resolve(folder, one.token.file) } }
      : one;
  const roles = ['repository', 'aasRegistry', 'submodelRegistry', 'discovery'] as const;
  return {
    ...outside,
    targets: (outside.targets ?? []).map((target) => ({
      ...target,
      ...Object.fromEntries(
        roles.flatMap((role) => {
          const one = target[role];
          return one === undefined ? [] : [[role, server(one)]];
        }),
      ),
    })),
    lookups: (outside.lookups ?? []).map((lookup) => ({ ...lookup, registry: server(lookup.registry) })),
  };
}
