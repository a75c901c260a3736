import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.ts';
import { sha256 } from './support/federation.ts';
import { Stage } from './support/stage.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});

afterAll(() => stage.close());

describe('a version that the AAS does not take', () => {
  it('keeps its round from being published, visibly, and is published when the AAS takes it', async () => {
    const token = await stage.create('press-shop', { rounds: 1 });
    let release = () => {};
    const gate = new Promise<boolean>((resolve) => {
      release = () => resolve(false);
    });
    const trainer = stage.trainer('hall-1', ['press-1'], { train: () => gate });
    await trainer.start(token);
    const id = await stage.startRun('press-shop');
    await stage.until(id, () => trainer.seen.some(({ kind }) => kind === 'train'));
    const attachments = join(stage.aggregator.folder, 'aas', 'attachments');

    await rename(attachments, `${attachments}.away`);
    await writeFile(attachments, '');
    release();
    const stuck = await stage.until(id, ({ reason }) => reason !== undefined);
    const ready = await stage.aggregator.get('/readyz');
    const { body: unpublished } = await stage.aggregator.get('/api/federations/press-shop/versions/1');
    await rm(attachments);
    await rename(`${attachments}.away`, attachments);
    const run = await stage.ended(id);

    expect(stuck.reason).toContain('it is tried again');
    expect([stuck.state, stuck.rounds[0]!.state, stuck.rounds[0]!.version]).toEqual([
      'running',
      'aggregating',
      1,
    ]);
    expect([ready.status, ready.body.reasons[0]]).toEqual([
      503,
      expect.stringContaining('the AAS takes no publication'),
    ]);
    expect([unpublished.publishedAt, unpublished.attachmentUrl]).toEqual([undefined, undefined]);
    expect([run.state, run.reason]).toEqual(['completed', undefined]);
    const { body: version } = await stage.aggregator.get('/api/federations/press-shop/versions/1');
    const attachment = await (await fetch(version.attachmentUrl)).arrayBuffer();
    expect(sha256(new Uint8Array(attachment))).toBe(version.sha256);
    await eventually(async () => (await stage.aggregator.get('/readyz')).status === 200);
  });

  it('leaves nothing in the outbox', async () => {
    await eventually(async () => {
      const { body } = await stage.aggregator.get('/api/status');
      return body.pendingPublications === 0;
    });
  });
});
