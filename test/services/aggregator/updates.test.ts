import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TrainJob } from '../../../openapi/schemas.ts';
import { eventually } from '../../support/eventually.ts';
import { sha256, tensors, update } from './support/federation.ts';
import { Stage } from './support/stage.ts';
import { deltaOf, type TestTrainer } from './support/test-trainer.ts';

let stage: Stage;
let trainer: TestTrainer;
let run: string;
let job: TrainJob;
/** Lets the trainer's jobs end; until then the test sends what it likes in their place. */
let release = () => {};

beforeAll(async () => {
  stage = await Stage.open();
  const token = await stage.create('press-shop', { rounds: 1, quorum: { kind: 'count', of: 2 } });
  const gate = new Promise<boolean>((resolve) => {
    release = () => resolve(true);
  });
  trainer = stage.trainer('hall-1', ['press-1', 'press-2', 'press-3'], { train: () => gate });
  await trainer.start(token);
  await stage.trainer('hall-2', ['other-1']).join(token);
  run = await stage.startRun('press-shop', { participants: ['press-1', 'press-2', 'press-3'] });
  job = await eventually(() => jobOf('press-1'));
});

afterAll(() => stage.close());

function jobOf(participant: string): TrainJob | undefined {
  return trainer.seen.find((each) => each.kind === 'train' && each.participant === participant) as
    | TrainJob
    | undefined;
}

function headerOf({ bases, ...rest }: TrainJob) {
  const { run: id, round, roundAttempt, participant } = rest;
  return { run: id, round, roundAttempt, participant, baseSha256: bases[0]!.sha256, exampleCount: 10 };
}

async function codeOf(
  bytes: Uint8Array,
  target: Partial<TrainJob> = {},
  hash?: string,
): Promise<string | undefined> {
  const { body } = await trainer.putUpdate({ ...job, ...target }, bytes, hash);
  return body.code;
}

describe('an update', () => {
  it('is refused if it does not have the hash that was said [putUpdate]', async () => {
    expect(await codeOf(trainer.makeUpdate(job), {}, sha256(new Uint8Array(1)))).toBe('E_UPDATE_HASH');
  });

  it('is refused if it would outweigh the others by its example count or its length', async () => {
    const forged = update({ ...headerOf(job), exampleCount: 10 ** 15 }, deltaOf('press-1', 1));
    expect(await codeOf(forged)).toBe('E_UPDATE_MALFORMED');
    expect(await codeOf(update(headerOf(job), () => 1e38))).toBe('E_UPDATE_NORM');
  });

  it('is refused if it has a value that the grid of the sum does not reach', async () => {
    const one = update(headerOf(job), (position) => (position === 3 ? -65 : 0.1));

    expect(await codeOf(one)).toBe('E_UPDATE_OUT_OF_RANGE');
  });

  it('is refused if it is truncated', async () => {
    expect(await codeOf(trainer.makeUpdate(job).slice(0, -8))).toBe('E_UPDATE_TRUNCATED');
  });

  it('is refused if the connection breaks off within it', async () => {
    const { hostname, port } = new URL(stage.aggregator.url);
    const bytes = trainer.makeUpdate(job);
    const path = `/api/runs/${run}/rounds/1/attempts/1/updates/press-1`;
    const head = [
      `PUT ${path} HTTP/1.1`,
      `Host: ${hostname}:${port}`,
      `Authorization: Bearer ${trainer.key}`,
      'Content-Type: application/octet-stream',
      `Content-Length: ${bytes.length}`,
      `x-content-sha256: ${sha256(bytes)}`,
    ];
    const before = (await stage.run(run)).rounds[0]!.refusals.length;

    const socket = connect(Number(port), hostname);
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    socket.write(bytes.subarray(0, 100), () => setImmediate(() => socket.destroy()));

    const refusals = await eventually(
      async () => (await stage.run(run)).rounds[0]!.refusals.slice(before)[0],
    );
    expect(refusals).toMatchObject({ participant: 'press-1', code: 'E_UPDATE_TRUNCATED' });
  });

  it('is refused if it is no safetensors file', async () => {
    expect(await codeOf(new TextEncoder().encode('not a model, whatever its sender thinks'))).toBe(
      'E_UPDATE_MALFORMED',
    );
  });

  it('is refused if a value is not a number', async () => {
    const bytes = update(headerOf(job), (position) => (position === 3 ? Number.NaN : 0));
    expect(await codeOf(bytes)).toBe('E_UPDATE_NOT_FINITE');
  });

  it('is refused with every fault if its shapes are not the model’s', async () => {
    const wrong = { ...job, bases: [{ ...job.bases[0]!, sha256: 'f'.repeat(64) }] };
    expect(await codeOf(trainer.makeUpdate(wrong))).toBe('E_UPDATE_BASE');
    const [kernel] = tensors('delta/', () => 0);
    const { writeSafetensors } = await import('../../../learning/weights/safetensors.ts');
    const { writeUpdateHeader } = await import('../../../learning/update-header.ts');
    const header = { ...headerOf(job), scalars: {}, roles: { 'delta/dense/kernel': 'trainable' as const } };
    const bytes = writeSafetensors([{ ...kernel!, shape: [3, 4] }], writeUpdateHeader(header));

    const { body } = await trainer.putUpdate(job, bytes);

    expect(body.code).toBe('E_UPDATE_SHAPES');
    expect(body.faults.map(({ path }: { path: string }) => path)).toEqual([
      'delta/dense/kernel',
      'delta/dense/bias',
    ]);
  });

  it('is refused if it is longer than any update of the model can be', async () => {
    expect(await codeOf(new Uint8Array(5 * 1024 ** 2))).toBe('E_UPDATE_TOO_LARGE');
  });

  it('is refused for another participant’s key, a stranger, another round and an unknown run', async () => {
    const bytes = trainer.makeUpdate(job);
    expect(await codeOf(bytes, { participant: 'press-2' })).toBe('E_UPDATE_MALFORMED');
    expect(await codeOf(bytes, { participant: 'other-1' })).toBe('E_FORBIDDEN');
    expect(await codeOf(bytes, { round: 2 })).toBe('E_ROUND_CLOSED');
    expect(await codeOf(bytes, { roundAttempt: 2 })).toBe('E_ROUND_CLOSED');
    expect(await codeOf(bytes, { run: 'never-was' })).toBe('E_NOT_FOUND');
  });

  it('leaves no file behind when it is refused', () => {
    expect(readdirSync(join(stage.aggregator.folder, 'updates'))).toEqual([]);
  });

  it('counts once however often it comes at the same moment, and is answered alike', async () => {
    const bytes = trainer.makeUpdate(job);

    const answers = await Promise.all(Array.from({ length: 5 }, () => trainer.putUpdate(job, bytes)));
    const later = await trainer.putUpdate(job, bytes);

    for (const { status, body } of [...answers, later]) {
      expect([status, body.sha256, body.exampleCount]).toEqual([200, sha256(bytes), 10]);
    }
    expect((await stage.run(run)).rounds[0]!.contributions).toHaveLength(1);
  });

  it('is refused with the accepted sha256 if another one of the same key counts', async () => {
    const other = update(headerOf(job), () => 1);

    const { status, body } = await trainer.putUpdate(job, other);

    expect([status, body.code]).toEqual([409, 'E_ALREADY_CONTRIBUTED']);
    expect(body.details).toEqual({ acceptedSha256: sha256(trainer.makeUpdate(job)) });
  });

  it('is on record when it was refused, with its code', async () => {
    const { refusals } = (await stage.run(run)).rounds[0]!;
    const codes = new Set(refusals.map(({ code }) => code));
    expect(codes).toContain('E_UPDATE_NOT_FINITE');
    expect(codes).toContain('E_ALREADY_CONTRIBUTED');
    const { body: metrics } = await stage.aggregator.get('/metrics');
    expect(metrics).toContain('fedshell_refusals_total{code="E_UPDATE_NOT_FINITE"} 1');
  });

  it('comes too late when its round is closed, and its file is removed once nobody needs it', async () => {
    const third = (await eventually(() => jobOf('press-3')))!;
    const second = (await eventually(() => jobOf('press-2')))!;
    await trainer.putUpdate(second, trainer.makeUpdate(second));
    release();

    const { state, rounds } = await stage.ended(run);
    const late = await trainer.putUpdate(third, trainer.makeUpdate(third));
    const again = await trainer.putUpdate(job, trainer.makeUpdate(job));

    expect([state, rounds[0]!.contributions.length]).toEqual(['completed', 2]);
    expect([late.status, late.body.code]).toEqual([409, 'E_ROUND_CLOSED']);
    expect(again.status).toBe(200);
    const file = join(stage.aggregator.folder, 'updates', sha256(trainer.makeUpdate(job)));
    await eventually(() => !existsSync(file));
  });

  it('has deltas that differ by participant, so that the tests above mean something', () => {
    expect(deltaOf('press-1', 1)(0)).not.toBe(deltaOf('press-2', 1)(0));
  });
});

describe('an initial version', () => {
  it('counts once; another one is refused with the accepted sha256 [putInitialVersion]', async () => {
    const { body: version } = await stage.aggregator.get('/api/federations/press-shop/versions/0');
    const path = `/api/runs/${run}/initial-version`;
    const other = new Uint8Array(10);

    const conflict = await trainer.call('PUT', path, undefined, other, { 'x-content-sha256': sha256(other) });

    // The run has ended, so nothing is taken for it any more.
    expect([conflict.status, conflict.body.code]).toEqual([409, 'E_WRONG_STATE']);
    expect(version.number).toBe(0);
  });

  it('is refused if it is not what the job asked for', async () => {
    const token = await stage.create('strict');
    const sent: string[] = [];
    const strict: TestTrainer = stage.trainer('strict', ['strict-1'], {
      initialise: async ({ run: id, model, profile }) => {
        const put = async (bytes: Uint8Array, hash = sha256(bytes)) => {
          const headers = { 'x-content-sha256': hash };
          const { body } = await strict.call(
            'PUT',
            `/api/runs/${id}/initial-version`,
            undefined,
            bytes,
            headers,
          );
          sent.push(body.code);
        };
        const { initialVersion } = await import('./support/federation.ts');
        const scaler = { kind: 'local' } as const;
        await put(initialVersion({ model: { key: 'convolution' }, profile, scaler }));
        await put(initialVersion({ model, profile, scaler }).slice(0, -4));
        await put(initialVersion({ model, profile, scaler }), 'f'.repeat(64));
      },
    });
    await strict.start(token);

    const id = await stage.startRun('strict', { rounds: 1 });
    const { state } = await stage.ended(id);

    expect(sent).toEqual(['E_UPDATE_MALFORMED', 'E_MALFORMED_SAFETENSORS', 'E_UPDATE_HASH']);
    expect(state).toBe('completed');
  });
});

describe('an evaluation', () => {
  it('is refused if it contradicts itself or is of another version [postEvaluation]', async () => {
    const { body: version } = await stage.aggregator.get('/api/federations/press-shop/versions/1');
    const result = { participant: 'press-1', exampleCount: 4, correct: 5, loss: 1 };
    const report = { group: 'main', number: 1, sha256: version.sha256, results: [result] };
    const post = (body: object) => trainer.call('POST', `/api/runs/${run}/evaluations`, body);

    const wrong = await post(report);
    const other = await post({ ...report, sha256: 'f'.repeat(64) });
    const stranger = await post({ ...report, results: [{ ...result, participant: 'other-1' }] });

    expect([wrong.status, wrong.body.faults[0].path]).toEqual([400, '/results/0/correct']);
    expect([other.status, other.body.code]).toEqual([409, 'E_UPDATE_BASE']);
    expect([stranger.status, stranger.body.code]).toEqual([403, 'E_FORBIDDEN']);
  });
});
