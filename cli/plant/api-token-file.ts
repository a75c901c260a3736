import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * The file with the API token for the aggregator that is started here: the given one, or one in the state folder with
 * the token of FEDSHELL_API_TOKEN; undefined where no token is set.
 */
export function apiTokenFileFor(folder: string, given: string | undefined): string | undefined {
  if (given !== undefined) return resolve(given);
  const token = process.env['FEDSHELL_API_TOKEN'];
  if (!token) return undefined;
  const file = join(folder, 'api.token');
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  return file;
}
