/** Beyond the longest silence that was expected or seen, how much longer one may be. */
const FACTOR = 4;

/** No silence may be longer: a step that takes more is of no use. */
const MOST_MS = 15 * 60_000;

interface WatchOptions {
  /** Silence that is never too long, in milliseconds. */
  readonly leastMs: number;
  /** Called once, after a silence of so many milliseconds. */
  readonly onSilence: (limitMs: number) => void;
}

/** Watches over somebody who should say something now and then. */
export interface SilenceWatch {
  /**
   * Something was heard; the silence begins anew.
   * @param expectedMs how long the next silences may well be, if that is known.
   */
  heard(expectedMs?: number): void;
  stop(): void;
}

/**
 * Watches from now on. What counts as too long follows the work: four times the longest silence that was announced or
 * that has ended so far, never below the least nor beyond 15 minutes. So the long steps of a large model are told from
 * a hang as surely as the short ones of a small one.
 */
export function watchSilence({ leastMs, onSilence }: WatchOptions): SilenceWatch {
  let longestMs = 0;
  let heardMs = performance.now();
  let timer: NodeJS.Timeout;
  const listen = () => {
    const limitMs = Math.max(leastMs, Math.min(FACTOR * longestMs, MOST_MS));
    timer = setTimeout(() => onSilence(limitMs), limitMs);
  };
  listen();
  return {
    heard: (expectedMs = 0) => {
      clearTimeout(timer);
      const nowMs = performance.now();
      longestMs = Math.max(longestMs, expectedMs, nowMs - heardMs);
      heardMs = nowMs;
      listen();
    },
    stop: () => clearTimeout(timer),
  };
}
