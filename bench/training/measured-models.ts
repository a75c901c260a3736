import type { ModelSpec } from '../../openapi/schemas.ts';

/** A model whose training steps are measured, beside the same network in PyTorch. */
export interface MeasuredModel {
  readonly spec: ModelSpec;
  readonly featureShape: readonly number[];
  readonly classes: number;
  readonly batchSize: number;
}

const NARROWING = [128, 128, 128, 128, 8, 128, 128, 128, 128];
const BLOCKS = { channels: [16, 32, 64], normalisation: 'none' };

/** By the key of the figures: three convolutions of 3 × 3 or 9 and poolings, MLPerf Tiny's autoencoder, a small network. */
export const MEASURED_MODELS: ReadonlyMap<string, MeasuredModel> = new Map([
  ['cnn-2d-64', { spec: { key: 'cnn-2d', ...BLOCKS }, featureShape: [64, 64], classes: 7, batchSize: 32 }],
  ['cnn-2d-128', { spec: { key: 'cnn-2d', ...BLOCKS }, featureShape: [128, 128], classes: 7, batchSize: 32 }],
  ['cnn-1d-2048', { spec: { key: 'cnn-1d', ...BLOCKS }, featureShape: [2048], classes: 7, batchSize: 32 }],
  ['autoencoder-640-b32', autoencoder(32)],
  ['autoencoder-640-b512', autoencoder(512)],
  ['dense', { spec: { key: 'dense', hidden: [64, 32] }, featureShape: [64], classes: 4, batchSize: 32 }],
]);

function autoencoder(batchSize: number): MeasuredModel {
  return { spec: { key: 'autoencoder', hidden: NARROWING }, featureShape: [640], classes: 2, batchSize };
}
