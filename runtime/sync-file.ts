import { open } from 'node:fs/promises';

/** Makes what was written to a file safe from a power cut, off the event loop. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Makes the names of a folder's files safe from a power cut. */
export async function syncFolder(path: string): Promise<void> {
  // Windows keeps names by itself and opens no folders.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
