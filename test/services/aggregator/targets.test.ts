import { downloadAttachment } from '../../../aas/client/download-attachment.ts';
import { findModel } from '../../../aas/client/find-model.ts';
import { encodeIdentifier } from '../../../aas/identifier-encoding.ts';
import { type FailingProxy, startFailingProxy } from '../../aas/outside/failing-proxy.ts';
import {
  type KillableEnvironment,
  startKillableEnvironment,
} from '../../aas/outside/killable-environment.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from './support/call.ts';
import { Stage } from './support/stage.ts';

let outside: KillableEnvironment;
let proxy: FailingProxy;
let stage: Stage;

beforeAll(async () => {
  outside = await startKillableEnvironment();
  proxy = await startFailingProxy(() => outside.url);
  const registry = { url: proxy.url };
  stage = await Stage.open({
    outside: {
      targets: [
        {
          id: 'plant',
          repository: { url: outside.url },
          aasRegistry: registry,
          submodelRegistry: registry,
        },
      ],
    },
  });
});
afterEach(() => {
  proxy.answer = () => undefined;
  return stage.stopTrainers();
});
afterAll(async () => {
  await stage.close();
  await proxy.close();
  await outside.remove();
});

const status = async () => (await stage.aggregator.get('/api/status')).body.targets[0];
const caughtUp = () =>
  eventually(async () => {
    const now = await status();
    if (now.pending > 0 || now.trouble !== undefined) throw new Error(JSON.stringify(now));
    return now;
  });
const outsideShell = (shellId: string) => call(outside.url, 'GET', `/shells/${encodeIdentifier(shellId)}`);

async function trainOnce(federation: string, pool: string, participant: string): Promise<string> {
  const token = await stage.create(federation, { rounds: 1 });
  const trainer = stage.trainer(pool, [participant]);
  await trainer.start(token);
  const run = await stage.ended(await stage.startRun(federation));
  expect(run.state).toBe('completed');
  return token;
}

async function sha256InOutside(federation: string, version: number): Promise<string> {
  const registry = { url: outside.url };
  const { attachmentUrl } = await findModel({ registry, federation, version });
  const download = await downloadAttachment(registry, attachmentUrl);
  for await (const _ of download.content);
  return download.sha256();
}

describe('an outside environment named in the settings', () => {
  it('gets federation, participants and model versions as our own AAS shows them', async () => {
    await trainOnce('press-shop', 'hall-1', 'press-1');
    await caughtUp();

    const { body: version } = await stage.aggregator.get('/api/federations/press-shop/versions/1');
    const { body: federation } = await stage.aggregator.get('/api/federations/press-shop');
    const { body: participant } = await stage.aggregator.get('/api/participants/press-1');
    const shells = [version, federation, participant].map(({ shellId }) => outsideShell(shellId));

    expect((await Promise.all(shells)).map((answer) => answer.status)).toEqual([200, 200, 200]);
    expect(await sha256InOutside('press-shop', 1)).toBe(version.sha256);
    expect(version.attachmentUrl).toContain(stage.aggregator.aas);
  });

  it('never keeps a round from running while it is away, and gets everything when it is back', async () => {
    await outside.kill();
    await trainOnce('second', 'hall-2', 'press-2');
    const away = await eventually(async () => {
      const { body, status: code } = await stage.aggregator.get('/readyz');
      return body.degraded?.length === 1 ? { code, ...body } : undefined;
    });
    await stage.restart();
    await outside.start();
    await caughtUp();

    const { body: version } = await stage.aggregator.get('/api/federations/second/versions/1');
    const { body: ready } = await stage.aggregator.get('/readyz');
    expect(away).toMatchObject({ code: 200, ok: true, reasons: [] });
    expect(away.degraded[0]).toContain('target plant is behind by');
    expect(await sha256InOutside('second', 1)).toBe(version.sha256);
    expect(ready).toEqual({ ok: true, reasons: [] });
  });

  it('keeps the objects whose registration is refused, says so, and registers them later', async () => {
    proxy.answer = ({ method, path }) =>
      method === 'GET' || !path.startsWith('/shell-descriptors') ? undefined : 409;
    await trainOnce('third', 'hall-3', 'press-3');

    const refused = await eventually(async () => {
      const { pending, trouble } = await status();
      return pending > 0 && trouble?.includes('409') ? trouble : undefined;
    });
    const { body: participant } = await stage.aggregator.get('/api/participants/press-3');
    const kept = await eventually(async () => {
      const answer = await outsideShell(participant.shellId);
      return answer.status === 200 ? answer : undefined;
    });
    proxy.answer = () => undefined;
    await caughtUp();

    const { status: registered } = await call(
      outside.url,
      'GET',
      `/shell-descriptors/${encodeIdentifier(participant.shellId)}`,
    );
    expect(refused).toContain('shell-descriptors');
    expect([kept.status, registered]).toEqual([200, 200]);
  });

  it('is filled again when it comes back empty', async () => {
    await outside.kill();
    outside.empty();
    await outside.start();
    const trainer = stage.trainer('hall-4', ['press-4']);
    const { body } = await stage.aggregator.post('/api/federations/press-shop/tokens');
    await trainer.start(body.joinToken);

    const { body: version } = await stage.aggregator.get('/api/federations/press-shop/versions/1');
    await eventually(async () => (await sha256InOutside('press-shop', 1)) === version.sha256);
    await caughtUp();
    const { body: third } = await stage.aggregator.get('/api/federations/third/versions/1');
    expect(await sha256InOutside('third', 1)).toBe(third.sha256);
  });

  it('loses a participant that is taken out', async () => {
    const { body: participant } = await stage.aggregator.get('/api/participants/press-1');

    await call(stage.aggregator.url, 'DELETE', '/api/participants/press-1');

    await eventually(async () => (await outsideShell(participant.shellId)).status === 404);
    await caughtUp();
  });
});
