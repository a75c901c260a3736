import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import { readUpdateHeader } from '../../../learning/update-header.ts';
import { readSafetensors } from '../../../learning/weights/safetensors.ts';
import type { ModelSpec } from '../../../openapi/schemas.ts';
import { validate } from '../../../openapi/validate.ts';
import { silentLog } from '../../../runtime/log.ts';
import { entryPoint } from '../../../runtime/package-root.ts';
import { TrainingSlots } from '../../../services/trainer/training/training-slots.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { openDataSet, receiveTones, toneProfile } from './tone-data-set.ts';

const EXAMPLE = join(__dirname, '../../../examples/custom-model');
const MODULE = 'envelope-net.mjs';

describe('a model of the user’s own', () => {
  const folder = temporaryFolder();
  const entry = entryPoint('services/trainer/training/process');
  const slots = new TrainingSlots({
    slots: 1,
    entry,
    log: silentLog,
    environment: { FEDSHELL_MODELS: folder },
  });
  const versionFile = join(folder, 'version-0');
  const profile = toneProfile();
  let frozenFile = '';
  afterAll(() => slots.close());

  beforeAll(async () => {
    copyFileSync(join(EXAMPLE, MODULE), join(folder, MODULE));
    const dataSet = await openDataSet(join(folder, 'press-1'), 'press-1');
    receiveTones(dataSet, 200);
    frozenFile = await dataSet.frozenIndex({ run: 'R', federation: 'F', profile });
    dataSet.close();
  });

  function specOf(module: string, options: object = {}): ModelSpec {
    const sha256 = createHash('sha256')
      .update(readFileSync(join(folder, module)))
      .digest('hex');
    return { key: 'custom', module, sha256, ...options };
  }

  function moduleOf(name: string, body: string): ModelSpec {
    writeFileSync(join(folder, name), `export function build(tf, { classes }) { ${body} }`);
    return specOf(name);
  }

  const initialise = (model: ModelSpec) =>
    slots.perform({
      kind: 'initialise',
      model,
      profile,
      featureShape: [8],
      seed: 1,
      scaler: { kind: 'local' },
      versionFile,
    });

  const train = (model: ModelSpec) =>
    slots.perform({
      kind: 'train',
      run: 'R',
      round: 1,
      roundAttempt: 1,
      participant: 'press-1',
      bases: [{ group: 'main', file: versionFile, sha256: '0'.repeat(64) }],
      frozenFile,
      updateFile: join(folder, 'update'),
      model,
      training: { localEpochs: 30, batchSize: 16, seed: 1, optimizer: { key: 'adam', learningRate: 0.01 } },
    });

  it('trains as built by its module, its running statistics apart, to the same bits twice', async () => {
    const model = specOf(MODULE, { units: 12 });
    await initialise(model);
    const { trainedAccuracy } = await train(model);
    const first = await readFile(join(folder, 'update'));
    await train(model);

    const { roles } = readUpdateHeader(readSafetensors(first).header);

    expect(trainedAccuracy).toBeGreaterThan(0.95);
    expect(roles).toMatchObject({
      'delta/layer-1/kernel': 'trainable',
      'delta/layer-2/gamma': 'trainable',
      'delta/layer-2/moving_mean': 'statistic',
      'delta/layer-4/bias': 'trainable',
    });
    expect(await readFile(join(folder, 'update'))).toEqual(first);
  });

  it('takes the way of our dense network where it is one', async () => {
    const { model } = {
      model: moduleOf(
        'stack.mjs',
        `return tf.sequential({ layers: [
      tf.layers.dense({ inputShape: [8], units: 5, activation: 'relu' }), tf.layers.dense({ units: classes })] });`,
      ),
    };
    await initialise(model);

    const { header } = readSafetensors(await readFile(versionFile));

    expect(header.tensors.map(({ name }) => name)).toEqual([
      'dense-1/kernel',
      'dense-1/bias',
      'dense-2/kernel',
      'dense-2/bias',
    ]);
  });

  it('trains convolutions, too', async () => {
    const model = moduleOf(
      'waves.mjs',
      `return tf.sequential({ layers: [
        tf.layers.reshape({ inputShape: [8], targetShape: [8, 1] }),
        tf.layers.conv1d({ filters: 6, kernelSize: 3, activation: 'relu', padding: 'same' }),
        tf.layers.maxPooling1d({ poolSize: 2 }),
        tf.layers.flatten(),
        tf.layers.dense({ units: classes })] });`,
    );
    await initialise(model);

    const { trainedAccuracy } = await train(model);

    expect(trainedAccuracy).toBeGreaterThan(0.95);
  });

  it.each([
    ['lstm', 'tf.layers.lstm({ inputShape: [4, 2], units: 6 })'],
    ['gru', 'tf.layers.gru({ inputShape: [4, 2], units: 6 })'],
  ])('trains a recurrent layer (%s) with the initialisers that it has by default', async (name, layer) => {
    const model = moduleOf(
      `${name}.mjs`,
      `return tf.sequential({ layers: [${layer}, tf.layers.dense({ units: classes })] });`,
    );
    await initialise(model);

    const { exampleCount } = await train(model);

    expect(exampleCount).toBeGreaterThan(0);
  });

  it.each([
    [
      'functional',
      `const inputs = tf.input({ shape: [8] });
       const once = tf.layers.dense({ units: 8, activation: 'relu' });
       const outputs = tf.layers.dense({ units: classes }).apply(once.apply(once.apply(inputs)));
       return tf.model({ inputs, outputs });`,
    ],
    [
      'sequential',
      `const twice = tf.layers.dense({ inputShape: [8], units: 8, activation: 'relu' });
       return tf.sequential({ layers: [twice, twice, tf.layers.dense({ units: classes })] });`,
    ],
  ])('applies a layer twice where its module does (%s)', async (name, body) => {
    const model = moduleOf(`twice-${name}.mjs`, body);
    await initialise(model);

    const { header } = readSafetensors(await readFile(versionFile));
    await train(model);

    // One kernel for both, by the way of the library, not two by that of our dense network.
    const kernels = header.tensors.filter(({ name: tensor }) => tensor.endsWith('/kernel'));
    expect(kernels.map(({ shape }) => shape)).toEqual([
      [8, 8],
      [8, 2],
    ]);
    expect(header.tensors.some(({ name: tensor }) => tensor.startsWith('dense-'))).toBe(false);
  });

  it.each([
    ['a softmax layer', 'tf.layers.dense({ units: classes }), tf.layers.softmax()', 'layers/2/'],
    [
      'a softmax of its own',
      "tf.layers.dense({ units: classes }), tf.layers.activation({ activation: 'softmax' })",
      'layers/2/',
    ],
    ['a regularizer', "tf.layers.dense({ units: classes, kernelRegularizer: 'l1l2' })", '/kernelRegularizer'],
    ['a constraint', "tf.layers.dense({ units: classes, biasConstraint: 'nonNeg' })", '/biasConstraint'],
    [
      'a regularizer in a model within',
      `tf.sequential({ layers: [tf.layers.dense({ inputShape: [5], units: classes, kernelRegularizer: 'l1l2' })] })`,
      '/kernelRegularizer',
    ],
    [
      'a softmax in a model within',
      `tf.sequential({ layers: [tf.layers.dense({ inputShape: [5], units: classes, activation: 'softmax' })] })`,
      'layers/1/',
    ],
  ])('is refused with %s, by its path', async (name, layers, path) => {
    const model = moduleOf(
      `${name.replaceAll(' ', '-')}.mjs`,
      `return tf.sequential({ layers: [tf.layers.dense({ inputShape: [8], units: 5 }), ${layers}] });`,
    );

    await expect(initialise(model)).rejects.toMatchObject({
      code: 'E_INVALID_INPUT',
      faults: [{ path: expect.stringContaining(path) }],
    });
  });

  it.each([
    ['a file', (file: string) => `import '${file}';`],
    ['a file later', (file: string) => `await import('${file}');`],
    ['the loader', () => "import { createRequire } from 'node:module';"],
    ['the loader by its short name', () => "import { createRequire } from 'module';"],
    ['other text', () => "import 'data:text/javascript,1';"],
  ])('may not import %s', async (name, code) => {
    const beside = join(folder, 'beside.mjs');
    writeFileSync(beside, 'export const x = 1;');
    const file = `import-${name.replaceAll(' ', '-')}.mjs`;
    const build = 'export function build(tf, { classes }) { return tf.sequential({ layers: [] }); }';
    writeFileSync(join(folder, file), `${code(pathToFileURL(beside).href)}\n${build}`);

    await expect(initialise(specOf(file))).rejects.toMatchObject({
      code: 'E_INVALID_INPUT',
      message: expect.stringContaining('own modules only'),
    });
  });

  it('may import what Node brings', async () => {
    const file = 'import-node.mjs';
    writeFileSync(
      join(folder, file),
      `import assert from 'node:assert'; import { sep } from 'path';
       export function build(tf, { classes }) {
         assert(sep.length === 1);
         return tf.sequential({ layers: [tf.layers.dense({ inputShape: [8], units: classes })] });
       }`,
    );

    await expect(initialise(specOf(file))).resolves.toBeDefined();
  });

  it.each([
    ['inputs', 'return tf.sequential({ layers: [tf.layers.dense({ inputShape: [9], units: classes })] });'],
    ['outputs', 'return tf.sequential({ layers: [tf.layers.dense({ inputShape: [8], units: 9 })] });'],
    [
      'softmax',
      "return tf.sequential({ layers: [tf.layers.dense({ inputShape: [8], units: classes, activation: 'softmax' })] });",
    ],
  ])('is refused with unfit %s', async (name, body) => {
    await expect(initialise(moduleOf(`${name}.mjs`, body))).rejects.toMatchObject({
      code: 'E_INVALID_INPUT',
    });
  });

  it('is refused with other content, from elsewhere, and where no folder allows it', async () => {
    const other = { ...specOf(MODULE), sha256: '1'.repeat(64) };
    await expect(initialise(other)).rejects.toMatchObject({
      code: 'E_UNKNOWN_MODEL',
      message: expect.stringContaining(specOf(MODULE).sha256!),
    });
    const outside = { ...specOf(MODULE), module: '../envelope-net.mjs', sha256: '2'.repeat(64) };
    await expect(initialise(outside)).rejects.toMatchObject({ code: 'E_INVALID_INPUT' });
    const missing = { ...other, module: 'missing.mjs' };
    await expect(initialise(missing)).rejects.toMatchObject({ code: 'E_FILE_NOT_FOUND' });
    const closed = new TrainingSlots({ slots: 1, entry, log: silentLog });
    const refused = closed.perform({
      kind: 'evaluate',
      versionFile,
      model: specOf(MODULE),
      frozenFiles: [],
    });
    await expect(refused).rejects.toMatchObject({ code: 'E_INVALID_INPUT' });
    await closed.close();
  });

  it('is shown by an example whose federation names the module as it is', () => {
    const federation = validate(
      'Federation',
      parse(readFileSync(join(EXAMPLE, 'federation.yaml'), 'utf8')),
      'the example',
    );

    expect(federation.model.sha256).toBe(specOf(MODULE).sha256);
  });
});
