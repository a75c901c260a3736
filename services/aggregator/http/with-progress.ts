import { performance } from 'node:perf_hooks';
import { CodedError } from '../../../runtime/errors.ts';

/** Bytes that must come in each time of waiting: a limit on silence alone would let a byte now and then hold a place. */
export const LEAST_BYTES = 64 * 1024;

/**
 * Passes chunks on while they come fast enough. Only the time spent waiting for the sender counts, not what the reader
 * does between two chunks.
 * @param stallMs time of waiting in which at least `LEAST_BYTES` must come, or the end.
 * @throws CodedError `E_UPDATE_TRUNCATED` when they do not; what the source throws.
 */
export async function* withProgress(
  source: AsyncIterator<Uint8Array>,
  stallMs: number,
): AsyncGenerator<Uint8Array> {
  let waitedMs = 0;
  let bytes = 0;
  for (;;) {
    const beganMs = performance.now();
    const next = await inTime(source.next(), stallMs - waitedMs);
    if (next === 'late') {
      const message = `fewer than ${LEAST_BYTES} bytes came in ${stallMs} ms of waiting`;
      throw new CodedError('E_UPDATE_TRUNCATED', message, { details: { stalled: true } });
    }
    if (next.done === true) return;
    waitedMs += performance.now() - beganMs;
    bytes += next.value.byteLength;
    if (bytes >= LEAST_BYTES) {
      waitedMs = 0;
      bytes = 0;
    }
    yield next.value;
  }
}

async function inTime<Value>(wanted: Promise<Value>, ms: number): Promise<Value | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, ms), 'late');
  });
  try {
    return await Promise.race([wanted, late]);
  } finally {
    clearTimeout(timer);
  }
}
