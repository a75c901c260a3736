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
    const manifests = ['[["w.bin"]]', '["../x"]', '[7]', '"w.bin"'].map(
      (paths) => `{"weightsManifest":[{"paths":${paths},"weights":[]}]}`,
    );
    for (const text of ['{', '{}', ...manifests]) {
      writeFileSync(json, text);
      await expect(importedWeights(model, json)).rejects.toEqual(refused);
    }
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'are refused with %d among them, by its tensor',
    async (value) => {
      const bias = { ...BIAS, values: Float32Array.of(1, value, 3) };
      const file = safetensors(`with-${value}`, [KERNEL, MEAN, bias]);

      await expect(importedWeights(model, file)).rejects.toMatchObject({
        code: 'E_MALFORMED_SAFETENSORS',
        message: expect.stringContaining(`has ${value} in b/bias at 1`),
      });
    },
  );

  it('are refused where the files of a tfjs model hold more than its weights', async () => {
    const weights = [{ name: 'w', shape: [2], dtype: 'float32' }];
    writeFileSync(join(folder, 'long.bin'), Buffer.alloc(12));
    const file = join(folder, 'long.json');
    writeFileSync(file, JSON.stringify({ weightsManifest: [{ paths: ['long.bin'], weights }] }));

    await expect(importedWeights(model, file)).rejects.toMatchObject({
      code: 'E_MALFORMED_SAFETENSORS',
      message: expect.stringContaining('has 12 bytes in long.bin; its weights are 8 bytes'),
    });
  });

  it('are refused as not there where a file or one that it names is missing, or is a folder', async () => {
    const file = join(folder, 'lost.json');
    const weights = [{ name: 'w', shape: [2], dtype: 'float32' }];
    writeFileSync(file, JSON.stringify({ weightsManifest: [{ paths: ['lost.bin'], weights }] }));

    for (const each of [join(folder, 'none.safetensors'), join(folder, 'none.json'), folder, file]) {
      await expect(importedWeights(model, each)).rejects.toMatchObject({ code: 'E_FILE_NOT_FOUND' });
    }
  });
});
