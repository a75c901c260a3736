import { type ClientRequest, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { TrainJob } from '../../../openapi/schemas.ts';
import { silentLog } from '../../../runtime/log.ts';
import { AggregatorClient } from '../../../services/trainer/aggregator-client.ts';
import { patiently } from '../../../services/trainer/patiently.ts';
import { sha256 } from './support/federation.ts';
import { Stage } from './support/stage.ts';
import type { TestTrainer } from './support/test-trainer.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open({ maxOpenUploads: 1, uploadStallMs: 3_000 });
});

afterAll(() => stage.close());

/** Begins an upload and sends no more of it. */
function stalled(trainer: TestTrainer, job: TrainJob): { request: ClientRequest; answer: Promise<string> } {
  const { run, round, roundAttempt, participant } = job;
  const bytes = trainer.makeUpdate(job);
  const url = `${stage.aggregator.url}/api/runs/${run}/rounds/${round}/attempts/${roundAttempt}/updates/${participant}`;
  const headers = {
    'content-type': 'application/octet-stream',
    'content-length': bytes.byteLength,
    'x-content-sha256': sha256(bytes),
    authorization: `Bearer ${trainer.key}`,
  };
  const sending = request(url, { method: 'PUT', headers });
  const answer = new Promise<string>((resolve, reject) => {
    sending.once('response', (response) => resolve(text(response))).once('error', reject);
  });
  sending.write(bytes.subarray(0, 100));
  return { request: sending, answer };
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

const openUploads = async (): Promise<number> => {
  const { body } = await stage.aggregator.get('/metrics');
  return Number(/^fedshell_open_uploads (\d+)$/m.exec(body)?.[1]);
};

describe('uploads beyond the most that may be open', () => {
  it('are told when to come again, come again by themselves, and get the place of one that stalls', async () => {
    const token = await stage.create('crowd', { rounds: 1 });
    const seen: unknown[] = [];
    const jobs = new Map<string, TrainJob>();
    const trainer: TestTrainer = stage.trainer('crowd', ['crowd-1', 'crowd-2'], {
      train: async (job) => {
        jobs.set(job.participant, job);
        if (job.participant !== 'crowd-2') {
          await until(async () => jobs.size === 2);
          return true;
        }
        await until(async () => jobs.size === 2);
        const first = stalled(trainer, jobs.get('crowd-1')!);
        await until(async () => (await openUploads()) === 1);

        const refused = await trainer.putUpdate(job, trainer.makeUpdate(job));
        const content = trainer.makeUpdate(job);
        const client = new AggregatorClient(stage.aggregator.url);
        client.useKey(trainer.key);
        const { signal } = new AbortController();
        const file = { path: '', sha256: sha256(content), bytes: content.byteLength, content };
        await patiently(() => client.putUpdate(job, file, signal), {
          ...{ signal, log: silentLog, what: 'update', timeoutMs: 0 },
        });

        seen.push(refused.status, refused.body.code, Number(refused.headers.get('retry-after')) >= 1);
        seen.push(JSON.parse(await first.answer).code, await openUploads());
        const again = jobs.get('crowd-1')!;
        seen.push((await trainer.putUpdate(again, trainer.makeUpdate(again))).status);
        return true;
      },
    });
    await trainer.start(token);

    const { state, rounds } = await stage.ended(await stage.startRun('crowd'));

    expect(seen).toEqual([503, 'E_TOO_MANY_UPLOADS', true, 'E_UPDATE_TRUNCATED', 0, 200]);
    expect([state, rounds[0]!.contributions.length]).toEqual(['completed', 2]);
  });

  it('are refused before a byte of a large one is sent', async () => {
    const client = new AggregatorClient(stage.aggregator.url);
    const { signal } = new AbortController();
    const key = { run: '01J00000000000000000000000', round: 1, roundAttempt: 1, participant: 'nobody' };
    const file = { path: '/dev/zero', sha256: '0'.repeat(64), bytes: 2 ** 40 };

    await expect(client.putUpdate(key, file, signal)).rejects.toMatchObject({ code: 'E_UNAUTHORIZED' });
  });
});
