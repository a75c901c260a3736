import { join } from 'node:path';
import { defaultCacheFolder } from '../../queue/cache-folder.ts';

/** Where peers are unpacked and built; all of it can be made again. */
export function peersFolder(): string {
  return join(defaultCacheFolder(), 'peers');
}
