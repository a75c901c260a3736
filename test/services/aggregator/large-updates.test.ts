import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeUpdateHeader } from '../../../learning/update-header.ts';
import { readSafetensors, writeSafetensors } from '../../../learning/weights/safetensors.ts';
import { writeVersionMetadata } from '../../../learning/weights/version-metadata.ts';
import type { InitialiseJob, TrainJob } from '../../../openapi/schemas.ts';
import { eventually } from '../../support/eventually.ts';
import { sha256 } from './support/federation.ts';
import { Stage } from './support/stage.ts';
import type { TestTrainer } from './support/test-trainer.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});

afterAll(() => stage.close());

/** 600 kB: more than lies in the database or is read and written at once. */
function tensor(name: string, value: number) {
  return { name, shape: [300, 500], values: new Float32Array(150_000).fill(value) };
}

function versionZero({ model, profile, scaler }: InitialiseJob): Uint8Array {
  const metadata = {
    group: 'main',
    number: 0,
    inputShape: [300],
    outputShape: [500],
    model,
    profile,
    scaler,
  };
  return writeSafetensors([tensor('dense/kernel', 1)], writeVersionMetadata(metadata));
}

function updateOf({ run, round, roundAttempt, participant, bases }: TrainJob, value: number): Uint8Array {
  const header = {
    ...{ run, round, roundAttempt, participant, baseSha256: bases[0]!.sha256, exampleCount: 1 },
    ...{ scalars: {}, roles: { 'delta/dense/kernel': 'trainable' as const } },
  };
  return writeSafetensors([tensor('delta/dense/kernel', value)], writeUpdateHeader(header));
}

describe('a large model', () => {
  it('goes through files, which are gone when nobody needs them', async () => {
    const token = await stage.create('large', { rounds: 1 });
    const folder = join(stage.aggregator.folder, 'updates');
    const seen: number[] = [];
    const trainer: TestTrainer = stage.trainer('large', ['large-1', 'large-2'], {
      initialise: async (job) => {
        const bytes = versionZero(job);
        const headers = { 'x-content-sha256': sha256(bytes) };
        await trainer.call('PUT', `/api/runs/${job.run}/initial-version`, undefined, bytes, headers);
      },
      train: async (job) => {
        const bytes = updateOf(job, job.participant === 'large-1' ? 1 : 3);
        const { status } = await trainer.putUpdate(job, bytes);
        seen.push(status);
        return true;
      },
    });
    trainer.ready.delete('large-2');
    await trainer.start(token);
    const run = await stage.startRun('large', {});
    trainer.ready.add('large-2');

    const { state, rounds } = await stage.ended(run);
    const response = await fetch(`${stage.aggregator.url}/api/federations/large/versions/1/weights`);
    const { tensors } = readSafetensors(new Uint8Array(await response.arrayBuffer()));

    expect([state, rounds[0]!.contributions.length, seen]).toEqual(['completed', 2, [200, 200]]);
    const { values } = tensors.get('dense/kernel')!;
    expect([values.length, values.every((value) => value === 3)]).toEqual([150_000, true]);
    await eventually(() => existsSync(folder) && readdirSync(folder).length === 0);
  });

  it('loses its updates once their sum is a version', async () => {
    const token = await stage.create('summed', { rounds: 2 });
    const folder = join(stage.aggregator.folder, 'updates');
    const files: number[] = [];
    const trainer: TestTrainer = stage.trainer('summed', ['summed-1'], {
      initialise: async (job) => {
        const bytes = versionZero(job);
        const headers = { 'x-content-sha256': sha256(bytes) };
        await trainer.call('PUT', `/api/runs/${job.run}/initial-version`, undefined, bytes, headers);
      },
      train: async (job) => {
        await eventually(() => readdirSync(folder).length === 0);
        await trainer.putUpdate(job, updateOf(job, job.round));
        files.push(readdirSync(folder).length);
        return true;
      },
    });
    await trainer.start(token);

    const { state } = await stage.ended(await stage.startRun('summed'));

    expect([state, files]).toEqual(['completed', [1, 1]]);
  });

  it('leaves no file of an update that was refused or broke off', async () => {
    const token = await stage.create('refused', { rounds: 1 });
    const codes: string[] = [];
    const trainer: TestTrainer = stage.trainer('refused', ['refused-1'], {
      initialise: async (job) => {
        const bytes = versionZero(job);
        const headers = { 'x-content-sha256': sha256(bytes) };
        await trainer.call('PUT', `/api/runs/${job.run}/initial-version`, undefined, bytes, headers);
      },
      train: async (job) => {
        const wrong = updateOf(job, Number.NaN);
        const right = updateOf(job, 1);
        const short = right.slice(0, -100_000);
        for (const [bytes, hash] of [
          [wrong, sha256(wrong)],
          [right, sha256(wrong)],
          [short, sha256(short)],
        ] as const) {
          codes.push((await trainer.putUpdate(job, bytes, hash)).body.code);
        }
        codes.push(String(readdirSync(join(stage.aggregator.folder, 'updates')).length));
        await trainer.putUpdate(job, right);
        return true;
      },
    });
    await trainer.start(token);

    const { state } = await stage.ended(await stage.startRun('refused'));

    expect(codes).toEqual(['E_UPDATE_NOT_FINITE', 'E_UPDATE_HASH', 'E_UPDATE_TRUNCATED', '0']);
    expect(state).toBe('completed');
  });
});
