import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * The user's folder for what can be fetched again: `fedshell` in `XDG_CACHE_HOME`, else in `~/.cache` (XDG Base
 * Directory Specification 0.8). It need not exist.
 */
export function defaultCacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment['XDG_CACHE_HOME'];
  // The specification tells to ignore a relative path.
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), '.cache'), 'fedshell');
}
