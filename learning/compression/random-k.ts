import type { RandomStream } from '../random.ts';
import type { Codec, CompressionSpec } from './codec.ts';
import { compressionOption } from './compression-option.ts';
import { scatter } from './scatter.ts';

/**
 * Values at places drawn by lot (J. Konečný et al.: Federated Learning: Strategies for Improving Communication Efficiency,
 * arXiv:1610.05492), the same for all participants of a round where `shared` is true; the places themselves are not sent.
 * Values are not scaled up: what was left out is to be kept by error feedback.
 */
export function randomK(spec: CompressionSpec): Codec {
  const fraction = compressionOption(spec, 'fraction', {
    fallback: 0.05,
    from: 1e-6,
    to: 1,
    isFraction: true,
  });
  const isShared = spec['shared'] !== false;
  const kept = (length: number) => Math.min(length, Math.max(1, Math.round(length * fraction)));
  const values = (length: number) => ({ suffix: '', dtype: 'F32', count: kept(length) }) as const;
  const indices = (length: number) => ({ suffix: ':indices', dtype: 'U32', count: kept(length) }) as const;
  return {
    spec,
    isDense: false,
    isShared,
    layout: (length) => (isShared ? [values(length)] : [indices(length), values(length)]),
    ...(isShared && {
      sharedPlaces: (length, shared) => drawnPlaces(length, kept(length), shared),
    }),
    encode(all, random, shared) {
      const places = drawnPlaces(all.length, kept(all.length), isShared ? shared : random);
      const some = { ...values(all.length), values: Float32Array.from(places, (place) => all[place]!) };
      return isShared ? [some] : [{ ...indices(all.length), values: places }, some];
    },
    decode(arrays, length, shared) {
      const places = isShared ? drawnPlaces(length, kept(length), shared) : arrays[0]!;
      return scatter(places, arrays.at(-1)!, length);
    },
  };
}

/** The first so many of a random order, ascending. */
function drawnPlaces(length: number, count: number, random: RandomStream): Uint32Array {
  const order = Uint32Array.from({ length }, (_, index) => index);
  for (let index = 0; index < count; index++) {
    const other = index + random.integer(length - index);
    [order[index], order[other]] = [order[other]!, order[index]!];
  }
  return order.slice(0, count).sort();
}
