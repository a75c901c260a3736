import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { invalidRecording } from './invalid-recording.ts';
import type { ManifestRow } from './manifest.ts';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/**
 * Hashes the file of a row and counts its lines that are not empty.
 * @throws CodedError `E_INVALID_RECORDING` with the manifest's line if the manifest gives a hash and the bytes are others.
 */
export async function verifyFile(row: ManifestRow): Promise<{ readonly lines: number }> {
  const hash = createHash('sha256');
  let lines = 0;
  let empty = true;
  // createReadStream gives Buffers when no encoding is set.
  for await (const chunk of createReadStream(row.path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    for (let begin = 0; begin < chunk.length; ) {
      const found = chunk.indexOf(LINE_FEED, begin);
      const end = found === -1 ? chunk.length : found;
      if (end > begin && !(end === begin + 1 && chunk[begin] === CARRIAGE_RETURN)) empty = false;
      if (found !== -1) {
        if (!empty) lines += 1;
        empty = true;
      }
      begin = end + 1;
    }
  }
  const sha256 = hash.digest('hex');
  if (row.sha256 !== undefined && sha256 !== row.sha256) {
    throw invalidRecording(row.file, row.line, `has sha256 ${sha256}, the manifest says ${row.sha256}`);
  }
  return { lines: lines + (empty ? 0 : 1) };
}
