/** Samples of a window, and from one window's start to the next. */
export interface WindowSpec {
  readonly length: number;
  readonly hop: number;
}

/**
 * Where the windows start that lie wholly in a stretch of a segment: at multiples of `hop`, counted from the segment's
 * first sample and not from the stretch's, so that a gap or a late subscriber moves no other window.
 * @param begin position of the stretch's first sample in its segment, from 0.
 * @param end position after its last sample; between the two are no gap and no change of label or lot.
 */
export function windowStarts(begin: number, end: number, { length, hop }: WindowSpec): number[] {
  const starts: number[] = [];
  for (let start = Math.ceil(begin / hop) * hop; start + length <= end; start += hop) starts.push(start);
  return starts;
}
