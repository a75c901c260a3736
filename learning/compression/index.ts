import { CodedError } from '../../runtime/errors.ts';
import { refuseUnknownOptions } from '../options.ts';
import type { Codec, CompressionSpec } from './codec.ts';
import { halfFloats } from './half-floats.ts';
import { randomK } from './random-k.ts';
import { scaledIntegers } from './scaled-integers.ts';
import { topK } from './top-k.ts';

interface Maker {
  readonly options: readonly string[];
  readonly create: (spec: CompressionSpec) => Codec;
}

const CODECS: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  ['f16', { options: [], create: halfFloats }],
  ['int8', { options: ['blockLength'], create: (spec) => scaledIntegers(spec, 8) }],
  ['int4', { options: ['blockLength'], create: (spec) => scaledIntegers(spec, 4) }],
  ['top-k', { options: ['fraction'], create: topK }],
  ['random-k', { options: ['fraction', 'shared'], create: randomK }],
]);

/** The keys of the codecs; without one, values are sent as they are. */
export const CODEC_KEYS: readonly string[] = [...CODECS.keys()];

/**
 * The codec that a federation, or an update's header, names. `errorFeedback` is an option of all of them.
 * @throws CodedError `E_INVALID_INPUT` for an unknown key or option, or one out of its range.
 */
export function codecOf(spec: CompressionSpec): Codec {
  const maker = CODECS.get(spec.key);
  if (maker === undefined) {
    const message = `there is no codec ${JSON.stringify(spec.key)}; known are ${CODEC_KEYS.join(', ')}`;
    throw new CodedError('E_INVALID_INPUT', message, { faults: [{ path: '/compression/key', message }] });
  }
  refuseUnknownOptions('compression', spec, [...maker.options, 'errorFeedback']);
  return maker.create(spec);
}
