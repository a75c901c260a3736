import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSafetensors } from '../../../learning/weights/safetensors.ts';
import type { NamedTensor } from '../../../learning/weights/tensor.ts';
import type { Model } from '../../../services/trainer/models/model.ts';
import { importedWeights } from '../../../services/trainer/training/imported-weights.ts';
import { temporaryFolder } from './temporary-folder.ts';

const WEIGHTS: Model['weights'] = [
  { name: 'a/kernel', shape: [2, 2], initialiser: 'zeros', role: 'trainable' },
  { name: 'a/mean', shape: [2], initialiser: 'zeros', role: 'statistic' },
  { name: 'b/bias', shape: [3], initialiser: 'zeros', role: 'trainable' },
];

/** Only the weights of a model matter here. */
const model = { weights: WEIGHTS } as Model;

const tensor = (name: string, shape: readonly number[], first: number): NamedTensor => ({
  name,
  shape,
  values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, index) => first + index),
});
const KERNEL = tensor('a/kernel', [2, 2], 1);
const MEAN = tensor('a/mean', [2], 10);
const BIAS = tensor('b/bias', [3], 20);

describe('weights from elsewhere', () => {
  const folder = temporaryFolder();
  const safetensors = (name: string, tensors: readonly NamedTensor[]) => {
    const file = join(folder, `${name}.safetensors`);
    writeFileSync(file, writeSafetensors(tensors, {}));
    return file;
  };
  const first = (tensors: readonly NamedTensor[]) => tensors.map(({ name, values }) => [name, values[0]]);
  const expected = [
    ['a/kernel', 1],
    ['a/mean', 10],
    ['b/bias', 20],
  ];

  it('are taken by their names, in whatever order they come', async () => {
    const file = safetensors('named', [BIAS, KERNEL, MEAN]);

    expect(first(await importedWeights(model, file))).toEqual(expected);
  });

  it('are taken by their shapes in the model’s order where they have other names', async () => {
    const file = safetensors('renamed', [
      { ...KERNEL, name: 'x' },
      { ...MEAN, name: 'y' },
      { ...BIAS, name: 'z' },
    ]);

    expect(first(await importedWeights(model, file))).toEqual(expected);
  });

  it('are read from a tfjs model, whose statistics come last, over several files', async () => {
    const bytes = Buffer.concat([KERNEL, BIAS, MEAN].map(({ values }) => Buffer.from(values.buffer)));
    writeFileSync(join(folder, 'group1-shard1of2.bin'), bytes.subarray(0, 10));
    writeFileSync(join(folder, 'group1-shard2of2.bin'), bytes.subarray(10));
    const weights = [KERNEL, BIAS, MEAN].map(({ shape }, index) => ({
      name: `w${index}`,
      shape,
      dtype: 'float32',
    }));
    const paths = ['group1-shard1of2.bin', 'group1-shard2of2.bin'];
    const file = join(folder, 'model.json');
    writeFileSync(file, JSON.stringify({ modelTopology: {}, weightsManifest: [{ paths, weights }] }));

    expect(first(await importedWeights(model, file))).toEqual(expected);
  });

  it('are refused where a shape differs, one is missing, or the file is something else', async () => {
    const refused = expect.objectContaining({ code: 'E_MALFORMED_SAFETENSORS' });
    const wrong = safetensors('wrong', [KERNEL, MEAN, tensor('b/bias', [4], 1)]);
    await expect(importedWeights(model, wrong)).rejects.toEqual(refused);
    await expect(importedWeights(model, safetensors('few', [KERNEL, MEAN]))).rejects.toEqual(refused);
    const json = join(folder, 'other.json');
    for (const text of ['{', '{}', '{"weightsManifest":[{"paths":["../x"],"weights":[]}]}']) {
      writeFileSync(json, text);
      await expect(importedWeights(model, json)).rejects.toEqual(refused);
    }
  });
});
