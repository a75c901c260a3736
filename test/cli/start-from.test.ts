import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startFrom } from '../../cli/model/start-from.ts';
import { readSafetensors, writeSafetensors } from '../../learning/weights/safetensors.ts';
import { Stage } from '../services/aggregator/support/stage.ts';
import { temporaryFolder } from '../services/trainer/temporary-folder.ts';

describe('run start --from', () => {
  const folder = temporaryFolder();
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open();
    await stage.create('press-shop');
  });
  afterAll(() => stage.close());

  const options = () => ({ aggregator: stage.aggregator.url, json: false });

  it('makes weights of other names fit the federation’s model and puts them to the aggregator', async () => {
    const shapes = [[4, 3], [3], [3, 2], [2]];
    const tensors = shapes.map((shape, index) => ({
      name: `foreign.${index}`,
      shape,
      values: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(index + 0.5),
    }));
    const file = join(folder, 'foreign.safetensors');
    writeFileSync(file, writeSafetensors(tensors, { framework: 'another' }));

    const start = await startFrom('press-shop', file, options());
    const { status, body } = await stage.aggregator.post('/api/federations/press-shop/runs', {
      startFrom: start,
    });
    const token = await stage.aggregator.post('/api/federations/press-shop/tokens');
    await stage.trainer('hall', ['p-1'], { train: async () => true }).start(token.body.joinToken);
    await stage.until(body.id, ({ baseVersion }) => baseVersion === 0);
    const weights = await fetch(`${stage.aggregator.url}/api/federations/press-shop/versions/0/weights`);
    const version = readSafetensors(new Uint8Array(await weights.arrayBuffer()));

    expect(status).toBe(201);
    expect(version.header.tensors.map(({ name }) => name)).toEqual([
      'dense-1/kernel',
      'dense-1/bias',
      'dense-2/kernel',
      'dense-2/bias',
    ]);
    expect(version.tensors.get('dense-2/bias')!.values[0]).toBe(3.5);
  });

  it('takes a number for a version, and refuses a path that is not there', async () => {
    expect(await startFrom('press-shop', '7', options())).toEqual({ version: 7 });
    await expect(startFrom('press-shop', join(folder, 'none'), options())).rejects.toMatchObject({
      code: 'E_FILE_NOT_FOUND',
    });
  });
});
