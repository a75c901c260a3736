import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readSafetensors } from '../../learning/weights/safetensors.ts';
import type { ModelVersion, Run } from '../../openapi/schemas.ts';
import { Plant } from '../support/plant.ts';

describe('a plant of one’s own', () => {
  const plant = new Plant();
  afterAll(() => plant.end());

  it('is built with five commands, from the aggregator to the model file', async () => {
    await plant.start();
    const { id } = await plant.createFederation((federation) => {
      federation.rounds = 2;
      federation.training.localEpochs = 2;
    });
    for (const [index, hall] of ['hall-1', 'hall-2'].entries()) {
      await plant.simulate(hall, index + 1, (file) => {
        file.participants[0]!.id = `press-${index + 1}`;
      });
      plant.train(hall);
    }
    await plant.joined('press-1', 'press-2');
    const started = await plant.command<Run>('run', 'start', id);
    const run = await plant.ended(started.id);

    expect(run).toMatchObject({ state: 'completed', round: 2 });
    expect(run.rounds.map(({ cohort }) => cohort)).toEqual([
      ['press-1', 'press-2'],
      ['press-1', 'press-2'],
    ]);
    const file = plant.path('model.safetensors');
    await plant.command('model', 'get', id, '-o', file);
    const versions = await plant.command<ModelVersion[]>('model', 'list', id);
    const bytes = readFileSync(file);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(versions.at(-1)?.sha256);
    expect(readSafetensors(bytes).tensors.size).toBeGreaterThan(0);
    expect(versions.map(({ number }) => number)).toEqual([0, 1, 2]);
  }, 180_000);
});
