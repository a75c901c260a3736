import { readSafetensors } from '../../../learning/weights/safetensors.ts';
import type { Federation, ModelVersion, TrainJob } from '../../../openapi/schemas.ts';
import { call } from './support/call.ts';
import { initialValueAt, type UpdateContent, updateOf } from './support/federation.ts';
import { Stage } from './support/stage.ts';
import type { TestTrainer } from './support/test-trainer.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});

afterEach(() => stage.stopTrainers());
afterAll(() => stage.close());

/** A federation with a trainer whose updates have the given content. */
async function trained(
  id: string,
  ids: readonly string[],
  changes: Partial<Federation>,
  content: (job: TrainJob) => UpdateContent,
  attributes: Record<string, Record<string, string>> = {},
): Promise<TestTrainer> {
  const quorum = { kind: 'count', of: ids.length } as const;
  const token = await stage.create(id, { deadlineMs: 120_000, quorum, ...changes });
  const trainer = stage.trainer(id, ids, {
    attributes,
    train: async (job, own) => (await own.putUpdate(job, updateOf(job, content(job)))).status < 300,
  });
  await trainer.start(token);
  return trainer;
}

function jobsOf(trainer: TestTrainer, participant: string): TrainJob[] {
  return trainer.seen.filter(
    (job): job is TrainJob => job.kind === 'train' && job.participant === participant,
  );
}

async function valuesOf(id: string, number: number, group: string): Promise<number[]> {
  const path = `/api/federations/${id}/versions/${number}/weights?group=${group}`;
  const response = await fetch(`${stage.aggregator.url}${path}`);
  const { tensors } = readSafetensors(new Uint8Array(await response.arrayBuffer()));
  return [...tensors.values()].flatMap(({ values }) => [...values]);
}

async function versionsOf(id: string): Promise<ModelVersion[]> {
  return (await stage.aggregator.get(`/api/federations/${id}/versions`)).body;
}

describe('a run of several models', () => {
  it('lets participants pick one of them, and shows each as a model of its own in the AAS', async () => {
    const ids = ['pick-1', 'pick-2', 'pick-3'];
    const strategy = { key: 'ifca', groups: 2 };
    // The third is of the second group.
    const pickOf = (job: TrainJob) => (job.participant === 'pick-3' ? 1 : 0);
    const trainer = await trained('pick', ids, { rounds: 2, strategy }, (job) => ({
      base: pickOf(job),
      scalars: { group: pickOf(job), baseLoss: 1 },
      parts: { delta: () => (pickOf(job) === 1 ? 2 : 1) },
    }));

    const run = await stage.ended(await stage.startRun('pick'));

    expect([run.state, run.reason]).toEqual(['completed', undefined]);
    const made = [
      { group: 'group-1', number: 1 },
      { group: 'group-2', number: 1 },
    ];
    expect(run.rounds[0]!.versions).toEqual(made);
    expect(jobsOf(trainer, 'pick-1')[1]!.bases.map(({ group, number }) => ({ group, number }))).toEqual(made);
    expect((await valuesOf('pick', 2, 'group-1'))[0]).toBeCloseTo(initialValueAt(0) + 2, 5);
    expect((await valuesOf('pick', 2, 'group-2'))[0]).toBeCloseTo(initialValueAt(0) + 4, 5);
    const versions = await versionsOf('pick');
    expect(versions.map(({ group, number }) => `${group} ${number}`)).toEqual(
      ['group-1', 'group-2'].flatMap((group) => [0, 1, 2].map((number) => `${group} ${number}`)),
    );
    expect(versions.at(-1)).toMatchObject({ contributors: ['pick-3'], parent: versions.at(-2)!.sha256 });
    // Each scores the model that it picked.
    const scored = run.evaluations.map(({ group, number, perParticipant }) => [
      group,
      number,
      perParticipant.length,
    ]);
    expect(scored).toContainEqual(['group-1', 2, 2]);
    expect(scored).toContainEqual(['group-2', 2, 1]);
    for (const { shellId, sha256, attachmentUrl } of versions) {
      const shell = await call(
        stage.aggregator.aas,
        'GET',
        `/shells/${Buffer.from(shellId!).toString('base64url')}`,
      );
      expect([shell.status, sha256]).toEqual([200, await hashOf(attachmentUrl!)]);
    }
  });

  it('refuses an update that counts in one group and began from another', async () => {
    const token = await stage.create('wrong', {
      rounds: 1,
      strategy: { key: 'ifca', groups: 2 },
      maximumRoundAttempts: 1,
    });
    const codes: string[] = [];
    const trainer = stage.trainer('wrong', ['wrong-1'], {
      train: async (job, own) => {
        for (const content of [
          { base: 0, scalars: { group: 1, baseLoss: 1 } },
          { base: 0, scalars: { group: 2, baseLoss: 1 } },
        ]) {
          codes.push((await own.putUpdate(job, updateOf(job, content))).body.code);
        }
        return (await own.putUpdate(job, updateOf(job, { scalars: { group: 0, baseLoss: 1 } }))).status < 300;
      },
    });
    await trainer.start(token);
    await stage.ended(await stage.startRun('wrong'));

    expect(codes).toEqual(['E_UPDATE_BASE', 'E_UPDATE_MALFORMED']);
  });

  it('gives machines of one hall a model of their own, and merges them in time', async () => {
    const ids = ['edge-1', 'edge-2', 'edge-3'];
    const attributes = { 'edge-1': { hall: 'A' }, 'edge-2': { hall: 'A' }, 'edge-3': { hall: 'B 2' } };
    const strategy = { key: 'hierarchical', attribute: 'hall', edgeRounds: 2 };
    const content = ({ participant }: TrainJob): UpdateContent => ({
      parts: { delta: () => Number(participant.at(-1)) },
    });
    const trainer = await trained('halls', ids, { rounds: 3, strategy }, content, attributes);

    const run = await stage.ended(await stage.startRun('halls'));

    expect([run.state, run.reason]).toEqual(['completed', undefined]);
    expect(jobsOf(trainer, 'edge-3').map(({ bases }) => bases[0]!.group)).toEqual([
      'main',
      'edge-B-2',
      'edge-B-2',
    ]);
    // Two rounds of 1.5 and of 3, then their mean by examples, and one round more.
    const merged = (2 * 3 + 6) / 3;
    // `main` got its next version when they were merged.
    expect((await valuesOf('halls', 1, 'main'))[0]).toBeCloseTo(initialValueAt(0) + 4, 4);
    expect((await valuesOf('halls', 3, 'edge-A'))[0]).toBeCloseTo(initialValueAt(0) + merged + 1.5, 4);
    expect((await valuesOf('halls', 3, 'edge-B-2'))[0]).toBeCloseTo(initialValueAt(0) + merged + 3, 4);
  });

  it('finds groups by the directions of updates and goes on with each after a restart', async () => {
    const ids = ['like-1', 'like-2', 'like-3', 'like-4'];
    const strategy = { key: 'clustered', warmUpRounds: 1, everyRounds: 100 };
    // Two kinds of machines that pull in opposite directions.
    const content = ({ participant }: TrainJob): UpdateContent => {
      const which = Number(participant.at(-1));
      const side = which <= 2 ? 1 : -1;
      return { parts: { delta: (position) => side * (1 + position / 10) + which / 1000 } };
    };
    const trainer = await trained('alike', ids, { rounds: 3, strategy }, content);
    const id = await stage.startRun('alike');
    await stage.until(id, ({ rounds }) =>
      rounds.some(({ round, version }) => round === 1 && version !== undefined),
    );

    await stage.restart();
    const run = await stage.ended(id);

    expect([run.state, run.reason]).toEqual(['completed', undefined]);
    const groups = ids.map((each) => jobsOf(trainer, each).at(-1)!.bases[0]!.group);
    expect(groups[0]).toBe(groups[1]);
    expect(groups[2]).toBe(groups[3]);
    expect(new Set(groups).size).toBe(2);
    const versions = await versionsOf('alike');
    expect([...new Set(versions.map(({ group }) => group))]).toEqual(['main', 'group-1', 'group-2']);
    // What a group's first version was made from is main's version 0.
    const first = versions.find(({ group }) => group === groups[0])!;
    expect(first).toMatchObject({
      number: 1,
      parent: versions[0]!.sha256,
      contributors: ['like-1', 'like-2'],
    });
    expect((await valuesOf('alike', 3, groups[0]!))[0]! - initialValueAt(0)).toBeGreaterThan(2.9);
  });
});

describe('a run whose updates have further parts', () => {
  it('sends the control variate down with the next version [getStrategyState]', async () => {
    const ids = ['vary-1', 'vary-2'];
    const token = await stage.create('vary', {
      rounds: 2,
      strategy: { key: 'scaffold' },
      deadlineMs: 120_000,
    });
    const states: number[] = [];
    const trainer = stage.trainer('vary', ids, {
      train: async (job, own) => {
        if (job.strategyState !== undefined && job.participant === 'vary-1') {
          const { group, number, sha256 } = job.strategyState;
          const path = `/api/federations/vary/versions/${number}/strategy-state?group=${group}`;
          const response = await fetch(`${stage.aggregator.url}${path}`, {
            headers: { authorization: `Bearer ${own.key}` },
          });
          const { tensors } = readSafetensors(new Uint8Array(await response.arrayBuffer()));
          expect(response.headers.get('etag')).toBe(`"${sha256}"`);
          states.push(tensors.get('control/dense/kernel')!.values[0]!);
        }
        const parts = { delta: () => 0.1, control: () => (job.participant === 'vary-1' ? 1 : 3) };
        return (await own.putUpdate(job, updateOf(job, { parts }))).status < 300;
      },
    });
    await trainer.start(token);
    const run = await stage.ended(await stage.startRun('vary'));

    expect([run.state, run.reason]).toEqual(['completed', undefined]);
    expect(jobsOf(trainer, 'vary-1')[0]!.strategyState).toBeUndefined();
    expect(states).toEqual([2]);
    const none = await stage.aggregator.get('/api/federations/vary/versions/0/strategy-state');
    expect([none.status, none.body.code]).toEqual([404, 'E_NOT_FOUND']);
  });
});

describe('a run whose participants keep tensors', () => {
  async function kept(id: string, lacking: (participant: string) => boolean) {
    const ids = [1, 2, 3].map((each) => `${id}-${each}`);
    const quorum = { kind: 'count', of: 2 } as const;
    const local = ['dense/bias', 'dense/kernel'];
    const changes = { rounds: 1, strategy: { key: 'fed-bn' }, quorum };
    const trainer = await trained(id, ids, changes, ({ participant }) => ({
      local: lacking(participant) ? local : [],
    }));
    return { trainer, run: await stage.ended(await stage.startRun(id)) };
  }

  it('leaves those as they were, and has the model scored with what each keeps', async () => {
    const { trainer, run } = await kept('keep', () => true);

    expect(run.state).toBe('completed');
    expect(await valuesOf('keep', 1, 'main')).toEqual(await valuesOf('keep', 0, 'main'));
    const evaluation = trainer.seen.find((job) => job.kind === 'evaluate' && job.version.number === 1);
    const counted = run.rounds[0]!.contributions.map(({ participant, sha256 }) => [participant, sha256]);
    expect(evaluation).toMatchObject({
      strategy: { key: 'fed-bn' },
      lastCountedUpdates: Object.fromEntries(counted),
    });
  });

  it('holds back who keeps what the others send', async () => {
    const { run } = await kept('odd', (participant) => participant === 'odd-2');

    expect(run.state).toBe('completed');
    expect(run.rounds[0]!.refusals).toMatchObject([{ participant: 'odd-2', code: 'E_UPDATE_SHAPES' }]);
    expect((await versionsOf('odd'))[1]!.contributors).toEqual(['odd-1', 'odd-3']);
  });
});

async function hashOf(url: string): Promise<string> {
  const { createHash } = await import('node:crypto');
  const response = await fetch(url);
  return createHash('sha256')
    .update(new Uint8Array(await response.arrayBuffer()))
    .digest('hex');
}
