import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../runtime/package-root.ts';
import { findAsyncua } from './find-asyncua.ts';
import { findMilo } from './find-milo.ts';
import { findOpen62541 } from './find-open62541.ts';
import type { FoundPeer } from './found-peer.ts';
import type { PeerKind } from './peer-settings.ts';

const FINDERS: Readonly<Record<PeerKind, () => FoundPeer>> = {
  simulator: findSimulator,
  open62541: findOpen62541,
  asyncua: findAsyncua,
  milo: findMilo,
};

/** Finds the program of a peer; fetches and builds it into the cache folder the first time. */
export function findPeer(kind: PeerKind): FoundPeer {
  return FINDERS[kind]();
}

function findSimulator(): FoundPeer {
  const file = join(packageRoot(), 'dist', 'bench', 'peers', 'simulator-server.js');
  if (!existsSync(file)) return { found: false, reason: `${file} does not exist; run "npm run build:code"` };
  return { found: true, program: { command: process.execPath, parameters: [file] } };
}
