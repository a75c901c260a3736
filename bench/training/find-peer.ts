import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Candidates in their order: what `PEER_PYTHON` names alone, else the usual ones. */
function candidates(): string[] {
  const named = process.env['PEER_PYTHON'];
  return named === undefined ? ['python3', '/usr/bin/python3'] : [named];
}

/** A Python that imports torch; undefined where there is none. */
export async function findPeer(): Promise<string | undefined> {
  for (const python of candidates()) {
    const works = await promisify(execFile)(python, ['-c', 'import torch']).then(
      () => true,
      () => false,
    );
    if (works) return python;
  }
  return undefined;
}
