import type { Arrival, Track } from './track.ts';

/** Whether a value of the newest timestamp is the newest one again. Of an earlier life only the timestamp is known. */
export function isNewestAgain(track: Track, arrival: Arrival): boolean {
  const { newestValue: value, newestQuality: quality } = track;
  return quality === undefined || isSame({ value, quality }, arrival);
}

/** Whether two arrivals are the same value of the same time. */
export function isSameArrival(one: Arrival, other: Arrival): boolean {
  return one.sourceTimestampMs === other.sourceTimestampMs && isSame(one, other);
}

type Valued = Pick<Arrival, 'value' | 'quality'>;

function isSame(one: Valued, other: Valued): boolean {
  if (one.quality !== other.quality) return false;
  if (Object.is(one.value, other.value)) return true;
  if (!ArrayBuffer.isView(one.value) || !ArrayBuffer.isView(other.value)) return false;
  return bytesOf(one.value).equals(bytesOf(other.value));
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
