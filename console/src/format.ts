/** A fraction as a percentage with one decimal; a dash where there is none yet. */
export function percent(fraction: number | undefined): string {
  return fraction === undefined ? '–' : `${(100 * fraction).toFixed(1)} %`;
}

/** A loss with three decimals; a dash where there is none yet. */
export function loss(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(3);
}

/** A number of bytes as kB or MB. */
export function bytes(count: number): string {
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1_000_000).toFixed(1)} MB`;
}
