import { readSafetensors } from '../../../learning/weights/safetensors.ts';
import type { TrainJob } from '../../../openapi/schemas.ts';
import { initialValueAt, updateOf } from './support/federation.ts';
import { Stage } from './support/stage.ts';
import type { TestTrainer } from './support/test-trainer.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});

afterEach(() => stage.stopTrainers());
afterAll(() => stage.close());

async function firstValue(id: string, number: number): Promise<number> {
  const response = await fetch(`${stage.aggregator.url}/api/federations/${id}/versions/${number}/weights`);
  const { tensors } = readSafetensors(new Uint8Array(await response.arrayBuffer()));
  return [...tensors.values()][0]!.values[0]!;
}

function jobsOf(trainer: TestTrainer, participant: string): TrainJob[] {
  return trainer.seen.filter(
    (job): job is TrainJob => job.kind === 'train' && job.participant === participant,
  );
}

describe('a run without rounds', () => {
  it('makes a version of whatever updates have come, and counts a late one less, also after a restart', async () => {
    const token = await stage.create('late', {
      rounds: 3,
      strategy: { key: 'fed-buff', bufferSize: 2 },
      deadlineMs: 120_000,
    });
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const trainer = stage.trainer('late', ['late-1', 'late-2', 'late-3'], {
      train: async (job, own) => {
        if (job.participant === 'late-3') await gate;
        const delta = () => (job.participant === 'late-3' ? 8 : 1);
        return (await own.putUpdate(job, updateOf(job, { parts: { delta } }))).status < 300;
      },
    });
    await trainer.start(token);
    const id = await stage.startRun('late');
    // Two versions of the two quick ones; the third one's update is from version 0.
    await stage.until(id, ({ rounds }) => rounds.filter(({ version }) => version !== undefined).length >= 2);
    await stage.restart();
    release();
    const run = await stage.ended(id);

    expect([run.state, run.reason]).toEqual(['completed', undefined]);
    expect(run.rounds.map(({ version }) => version)).toEqual([1, 2, 3]);
    expect(await firstValue('late', 2)).toBeCloseTo(initialValueAt(0) + 2, 5);
    expect(jobsOf(trainer, 'late-3')[0]!.bases[0]!.number).toBe(0);
    const numbers = jobsOf(trainer, 'late-1').map(({ bases }) => bases[0]!.number);
    expect(numbers.slice(0, 3)).toEqual([0, 1, 2]);
    // The confirmation that participant-side state waits for.
    expect(jobsOf(trainer, 'late-1')[1]!.lastCountedUpdate).toBeDefined();
    const { body } = await stage.aggregator.get('/api/federations/late/versions/3');
    const third = (await firstValue('late', 3)) - (await firstValue('late', 2));
    // Two versions late it counts 1/√3; else the two quick ones made the third version as well.
    const expected = body.contributors.includes('late-3') ? (1 + 8 / Math.sqrt(3)) / 2 : 1;
    expect(third).toBeCloseTo(expected, 5);
  });

  it('makes a version of every update with FedAsync', async () => {
    const token = await stage.create('each', {
      rounds: 4,
      strategy: { key: 'fed-async', mixing: 0.5, exponent: 0 },
      deadlineMs: 120_000,
    });
    const trainer = stage.trainer('each', ['each-1', 'each-2'], {
      train: async (job, own) =>
        (await own.putUpdate(job, updateOf(job, { parts: { trained: () => 1 } }))).status < 300,
    });
    await trainer.start(token);
    const run = await stage.ended(await stage.startRun('each'));

    expect([run.state, run.reason]).toEqual(['completed', undefined]);
    // From 0 half of the way to 1, four times.
    expect(await firstValue('each', 4)).toBeCloseTo(1 - 1 / 16, 5);
  });

  it('says what it waits for where fewer train than a version needs', async () => {
    const token = await stage.create('alone', { rounds: 1, strategy: { key: 'fed-buff', bufferSize: 5 } });
    await stage.trainer('alone', ['alone-1']).start(token);
    const id = await stage.startRun('alone');

    const run = await stage.until(id, ({ state }) => state === 'waiting' || state === 'failed');

    expect(run.reason).toContain('a version is made of 5 updates, and 1 can come');
    await stage.aggregator.post(`/api/runs/${id}/stop`);
  });
});
