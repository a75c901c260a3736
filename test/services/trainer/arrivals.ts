import type { Sample } from '../../../connectors/connector.ts';

interface BlockOfTest {
  readonly number: number;
  readonly timestampMs: number;
  readonly samples: Float32Array;
  readonly label: string;
  readonly lot?: string;
  readonly segment?: number;
}

/** A good sample. */
export function sample(signal: string, value: Sample['value'], sourceTimestampMs: number): Sample {
  return { signal, value, sourceTimestampMs, quality: 'good' };
}

/** A block with its context, all with its sourceTimestamp, as a machine writes them. */
export function arrivalsOf(block: BlockOfTest): Sample[] {
  const { number, timestampMs, samples, label, lot = 'train', segment = 1 } = block;
  const values: [string, Sample['value']][] = [
    ['condition', label],
    ['lot', lot],
    ['load', 1],
    ['segment', segment],
    ['block', number],
    ['vibration', samples],
  ];
  return values.map(([signal, value]) => sample(signal, value, timestampMs));
}

/** Samples that say where they come from: their place in a stream. */
export function ramp(from: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => from + index);
}

/** Noise of a class: `worn` is a tone of twice the frequency; the same index gives the same samples. */
export function toneBlock(label: string, index: number, length: number): Float32Array {
  const frequency = label === 'worn' ? 0.3 : 0.1;
  return Float32Array.from({ length }, (_, position) => {
    const at = index * length + position;
    return Math.sin(2 * Math.PI * frequency * at) + 0.1 * Math.sin(12.9898 * at * at);
  });
}
