import type { Arrival, Track } from './track.ts';

/** Whether a value of the newest timestamp is the newest one again. Of an earlier life only the timestamp is known. */
export function isNewestAgain({ newestValue, newestQuality }: Track, { value, quality }: Arrival): boolean {
  if (newestQuality === undefined) return true;
  if (newestQuality !== quality) return false;
  if (Object.is(newestValue, value)) return true;
  if (!ArrayBuffer.isView(newestValue) || !ArrayBuffer.isView(value)) return false;
  return Buffer.from(newestValue.buffer, newestValue.byteOffset, newestValue.byteLength).equals(
    Buffer.from(value.buffer, value.byteOffset, value.byteLength),
  );
}
