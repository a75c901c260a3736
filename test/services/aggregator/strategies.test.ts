import { readSafetensors } from '../../../learning/weights/safetensors.ts';
import { federation, initialValueAt, update } from './support/federation.ts';
import { Stage } from './support/stage.ts';
import { deltaOf, type TestTrainer } from './support/test-trainer.ts';

let stage: Stage;
const participants = ['press-1', 'press-2', 'press-3'];

beforeAll(async () => {
  stage = await Stage.open();
});

afterAll(() => stage.close());

async function trainerOf(
  pool: string,
  token: string,
  options: Parameters<Stage['trainer']>[2] = {},
): Promise<TestTrainer> {
  const ids = participants.map((id) => `${pool}-${id}`);
  const trainer = stage.trainer(pool, ids, options);
  await trainer.start(token);
  return trainer;
}

async function weightsOf(id: string, number: number): Promise<number[]> {
  const response = await fetch(`${stage.aggregator.url}/api/federations/${id}/versions/${number}/weights`);
  const { tensors } = readSafetensors(new Uint8Array(await response.arrayBuffer()));
  return [...tensors.values()].flatMap(({ values }) => [...values]);
}

describe('a run with another strategy than fed-avg', () => {
  it('keeps the state of the server optimiser over rounds and a restart', async () => {
    const strategy = { key: 'fed-avgm', momentum: 0.5, learningRate: 1 };
    const token = await stage.create('momentum', { rounds: 2, strategy, quorum: { kind: 'count', of: 3 } });
    const trainer = await trainerOf('hall-1', token);
    const run = await stage.startRun('momentum');
    await stage.until(run, ({ rounds }) =>
      rounds.some(({ round, version }) => round === 1 && version !== undefined),
    );

    await stage.restart();
    const ended = await stage.ended(run);

    expect(ended.state).toBe('completed');
    const exampleCounts = participants.map((_, index) => 10 * (index + 1));
    const mean = (round: number, position: number) =>
      exampleCounts.reduce(
        (sum, count, index) => sum + count * deltaOf(`hall-1-${participants[index]}`, round)(position),
        0,
      ) / 60;
    const [zero, two] = [await weightsOf('momentum', 0), await weightsOf('momentum', 2)];
    expect(zero[0]).toBeCloseTo(initialValueAt(0), 5);
    // v1 = m1, v2 = m1 / 2 + m2.
    for (const [position, value] of two.entries()) {
      expect(value - zero[position]!).toBeCloseTo(1.5 * mean(1, position) + mean(2, position), 4);
    }
    await trainer.stop();
  });

  it('lets one participant do as it likes under a robust rule', async () => {
    const token = await stage.create('robust', {
      rounds: 1,
      strategy: { key: 'median' },
      quorum: { kind: 'count', of: 3 },
    });
    await trainerOf('hall-2', token, {
      train: async (job, trainer) => {
        if (job.participant !== 'hall-2-press-3') return false;
        const { run, round, roundAttempt, participant, bases } = job;
        const header = {
          run,
          round,
          roundAttempt,
          participant,
          baseSha256: bases[0]!.sha256,
          exampleCount: 40,
        };
        const { status } = await trainer.putUpdate(
          job,
          update(header, () => -50),
        );
        return status < 300;
      },
    });
    const run = await stage.startRun('robust');
    await stage.ended(run);

    const [zero, one] = [await weightsOf('robust', 0), await weightsOf('robust', 1)];

    expect(one[0]! - zero[0]!).toBeCloseTo(deltaOf('hall-2-press-1', 1)(0), 4);
  });

  it('refuses an update that lacks a number which the strategy declares', async () => {
    const token = await stage.create('nova', {
      rounds: 1,
      strategy: { key: 'fed-nova' },
      maximumRoundAttempts: 1,
    });
    const codes: (string | undefined)[] = [];
    await trainerOf('hall-3', token, {
      train: async (job, trainer) => {
        codes.push((await trainer.putUpdate(job, trainer.makeUpdate(job))).body.code);
        return false;
      },
    });
    const run = await stage.startRun('nova');
    await stage.ended(run);

    expect(new Set(codes)).toEqual(new Set(['E_UPDATE_MALFORMED']));
  });
});

describe('a federation', () => {
  async function faultsOf(changes: object) {
    const { status, body } = await stage.aggregator.post('/api/federations', federation('refused', changes));
    return { status, code: body.code, faults: body.faults?.map(({ path }: { path: string }) => path) };
  }

  it.each([
    [
      { key: 'krum', f: 2 },
      { kind: 'count', of: 6 },
    ],
    [
      { key: 'trimmed-mean', f: 1 },
      { kind: 'fraction', of: 1 },
    ],
  ])('is refused with %j and quorum %j, which assures too few updates', async (strategy, quorum) => {
    expect(await faultsOf({ strategy, quorum })).toEqual({
      status: 400,
      code: 'E_INVALID_INPUT',
      faults: ['/quorum'],
    });
  });
});
