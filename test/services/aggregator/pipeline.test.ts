import { readSafetensors } from '../../../learning/weights/safetensors.ts';
import type { Federation, TrainJob } from '../../../openapi/schemas.ts';
import { decoded, federation, initialValueAt, type UpdateContent, updateOf } from './support/federation.ts';
import { Stage } from './support/stage.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});

afterEach(() => stage.stopTrainers());
afterAll(() => stage.close());

/** Runs one round in which every participant sends what `content` says; gives run, jobs and answers. */
async function oneRound(
  id: string,
  changes: Partial<Federation>,
  content: (participant: number, job: TrainJob) => UpdateContent,
  count = 3,
) {
  const ids = Array.from({ length: count }, (_, index) => `${id}-${index + 1}`);
  const token = await stage.create(id, {
    rounds: 1,
    maximumRoundAttempts: 1,
    quorum: { kind: 'count', of: count },
    deadlineMs: 120_000,
    ...changes,
  });
  const sent = new Map<string, { job: TrainJob; file: Uint8Array; code: string | undefined }>();
  const trainer = stage.trainer(id, ids, {
    train: async (job, own) => {
      const file = updateOf(job, content(ids.indexOf(job.participant) + 1, job));
      const { status, body } = await own.putUpdate(job, file);
      sent.set(job.participant, { job, file, code: body?.code });
      return status < 300;
    },
  });
  await trainer.start(token);
  const run = await stage.ended(await stage.startRun(id));
  return { run, sent, ids };
}

async function change(id: string): Promise<number[]> {
  const response = await fetch(`${stage.aggregator.url}/api/federations/${id}/versions/1/weights`);
  const { tensors } = readSafetensors(new Uint8Array(await response.arrayBuffer()));
  return [...tensors.values()]
    .flatMap(({ values }) => [...values])
    .map((value, at) => value - initialValueAt(at));
}

describe('a run with compressed updates', () => {
  it.each([
    { key: 'f16' },
    { key: 'int8', blockLength: 8 },
    { key: 'int4', blockLength: 8 },
    { key: 'top-k', fraction: 0.3 },
    { key: 'random-k', fraction: 0.3 },
    { key: 'random-k', fraction: 0.3, shared: false },
  ])('adds up what %j decodes to', async (codec) => {
    const id = `codec-${JSON.stringify(codec).replaceAll(/[^A-Za-z0-9]/g, '')}`;
    const pipeline: Federation['pipeline'] = { participant: [{ kind: 'compress', codec }] };
    const { run, sent } = await oneRound(id, { pipeline }, (participant) => ({
      compression: codec,
      exampleCount: participant,
      parts: { delta: (position) => Math.sin(position + participant) / 10 },
    }));

    expect([run.state, run.reason]).toEqual(['completed', undefined]);
    const expected = new Array<number>(15).fill(0);
    for (const [index, { job, file }] of [...sent.values()].entries()) {
      expect(job.pipeline).toEqual(pipeline);
      expect(job.sumBounds).toEqual({ trainable: 64, statistic: 2 ** 20, maximumFactorSum: 300 });
      const values = [...decoded(file, job, codec).values()].flatMap((each) => [...each]);
      const participant = Number(/\d+$/.exec([...sent.keys()][index]!)?.[0]);
      for (const [at, value] of values.entries()) expected[at]! += (participant * value) / 6;
    }
    for (const [at, value] of (await change(id)).entries()) expect(value).toBeCloseTo(expected[at]!, 5);
  });

  it('refuses an update of another codec, or with arrays that the codec does not make', async () => {
    const pipeline: Federation['pipeline'] = { participant: [{ kind: 'compress', codec: { key: 'int8' } }] };
    const changes = { pipeline, quorum: { kind: 'count', of: 1 } } as const;
    const { sent, run } = await oneRound('other-codec', changes, (participant) =>
      participant === 1 ? {} : { compression: participant === 2 ? { key: 'f16' } : { key: 'int8' } },
    );

    const codes = [...sent].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, { code }]) => code);
    expect(codes).toEqual(['E_UPDATE_MALFORMED', 'E_UPDATE_MALFORMED', undefined]);
    expect(run.rounds[0]!.contributions.map(({ participant }) => participant)).toEqual(['other-codec-3']);
  });
});

describe('the gates of a run', () => {
  it('hold back an update far longer than the others, on record, and count the rest', async () => {
    const pipeline: Federation['pipeline'] = {
      aggregator: [
        { kind: 'verify' },
        { kind: 'decode' },
        { kind: 'gate', maximumTimesMedianNorm: 3 },
        { kind: 'fold' },
        { kind: 'optimise' },
      ],
    };
    const changes = { pipeline, quorum: { kind: 'count', of: 2 } } as const;
    const { run } = await oneRound('gated', changes, (participant) => ({
      parts: { delta: () => (participant === 3 ? 50 : 0.5) },
    }));

    expect(run.state).toBe('completed');
    expect(run.rounds[0]!.refusals).toMatchObject([{ participant: 'gated-3', code: 'E_UPDATE_NORM' }]);
    for (const value of await change('gated')) expect(value).toBeCloseTo(0.5, 5);
    const { body } = await stage.aggregator.get('/api/federations/gated/versions/1');
    expect(body.contributors).toEqual(['gated-1', 'gated-2']);
  });

  it('have a round repeated that they leave below its quorum', async () => {
    const pipeline: Federation['pipeline'] = {
      aggregator: [
        { kind: 'verify' },
        { kind: 'decode' },
        { kind: 'gate', maximumNorm: 1 },
        { kind: 'fold' },
      ],
    };
    const changes = { pipeline, maximumRoundAttempts: 2 };
    const { run } = await oneRound('repeated', changes, (participant, { roundAttempt }) => ({
      parts: { delta: () => (participant === 3 && roundAttempt === 1 ? 50 : 0.1) },
    }));

    expect(run.state).toBe('completed');
    expect(run.rounds.map(({ roundAttempt, state }) => [roundAttempt, state])).toEqual([
      [1, 'failed'],
      [2, 'completed'],
    ]);
    expect(run.rounds[0]!.reason).toContain('E_QUORUM_MISSED: 2 of 3 contributions needed passed the gates');
  });

  it('tell the sender what one update by itself does not pass', async () => {
    const pipeline: Federation['pipeline'] = {
      aggregator: [
        { kind: 'verify' },
        { kind: 'decode' },
        { kind: 'gate', minimumExampleCount: 5 },
        { kind: 'fold' },
      ],
    };
    const changes = { pipeline, quorum: { kind: 'count', of: 2 } } as const;
    const { sent } = await oneRound('few', changes, (participant) => ({
      exampleCount: participant === 1 ? 4 : 10,
    }));

    expect(sent.get('few-1')!.code).toBe('E_UPDATE_MALFORMED');
  });

  it('see clipped updates, and these are what counts', async () => {
    const pipeline: Federation['pipeline'] = {
      aggregator: [
        { kind: 'verify' },
        { kind: 'decode' },
        { kind: 'clip', norm: 1 },
        { kind: 'gate', maximumNorm: 2 },
        { kind: 'fold' },
      ],
    };
    const { run } = await oneRound('clipped', { pipeline }, () => ({ parts: { delta: () => 5 } }));

    expect(run.state).toBe('completed');
    // 15 equal values of norm 1.
    for (const value of await change('clipped')) expect(value).toBeCloseTo(1 / Math.sqrt(15), 5);
  });
});

describe('a federation whose pipeline does not hold together', () => {
  it.each<[object, object, string]>([
    [
      { aggregator: [{ kind: 'decode' }, { kind: 'verify' }, { kind: 'fold' }] },
      {},
      '/pipeline/aggregator/1',
    ],
    [
      { participant: [{ kind: 'compress', codec: { key: 'top-k' } }] },
      { strategy: { key: 'median' } },
      '/pipeline/participant/0',
    ],
    [{ download: { key: 'int8' } }, {}, '/pipeline/download'],
  ])('is refused: %j with %j', async (pipeline, changes, path) => {
    const { status, body } = await stage.aggregator.post(
      '/api/federations',
      federation('refused', { pipeline, ...changes } as Partial<Federation>),
    );

    expect([status, body.code]).toEqual([400, 'E_PIPELINE_REFUSED']);
    expect(body.faults.map((fault: { path: string }) => fault.path)).toContain(path);
  });
});
