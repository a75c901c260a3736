import type { Codec, CompressionSpec } from './codec.ts';
import { compressionOption } from './compression-option.ts';
import { scatter } from './scatter.ts';

/**
 * The largest values by magnitude and where they stand (D. Alistarh et al.: The Convergence of Sparsified Gradient
 * Methods, arXiv:1809.10505); all others become 0. What was left out is lost unless the participant keeps it by error
 * feedback. At least one value of a tensor is sent; of equal magnitudes the earlier.
 */
export function topK(spec: CompressionSpec): Codec {
  const fraction = compressionOption(spec, 'fraction', {
    fallback: 0.01,
    from: 1e-6,
    to: 1,
    isFraction: true,
  });
  const kept = (length: number) => Math.min(length, Math.max(1, Math.round(length * fraction)));
  return {
    spec,
    isDense: false,
    isShared: false,
    layout: (length) => [
      { suffix: ':indices', dtype: 'U32', count: kept(length) },
      { suffix: '', dtype: 'F32', count: kept(length) },
    ],
    encode(values) {
      const indices = largestIndices(values, kept(values.length));
      return [
        { suffix: ':indices', dtype: 'U32', values: indices },
        { suffix: '', dtype: 'F32', values: Float32Array.from(indices, (index) => values[index]!) },
      ];
    },
    decode: ([indices, values], length) => scatter(indices!, values!, length),
  };
}

function largestIndices(values: Float32Array, count: number): Uint32Array {
  const order = Uint32Array.from(values, (_, index) => index);
  order.sort((one, other) => Math.abs(values[other]!) - Math.abs(values[one]!) || one - other);
  return order.slice(0, count).sort();
}
