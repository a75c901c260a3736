import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { silentLog } from '../../../runtime/log.ts';
import { AggregatorClient } from '../../../services/trainer/aggregator-client.ts';
import { joinCredential } from '../../../services/trainer/join-credential.ts';
import { Membership } from '../../../services/trainer/membership.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from '../aggregator/support/call.ts';
import { NUMERICS } from '../aggregator/support/federation.ts';
import { Stage } from '../aggregator/support/stage.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('a trainer with a certificate in place of a join token', () => {
  const folder = temporaryFolder();
  const certificate = { file: join(folder, 'trainer.crt'), keyFile: join(folder, 'trainer.key.pem') };
  const keyFile = join(folder, 'trainer.key');
  let stage: Stage;

  beforeAll(async () => {
    const subject = ['-subj', '/CN=hall-9', '-days', '30'];
    const files = ['-keyout', certificate.keyFile, '-out', certificate.file];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, ...files], {
      stdio: 'ignore',
    });
    stage = await Stage.open();
    await stage.create('press-shop');
  });
  afterAll(() => stage.close());

  function membership(): Membership {
    const aggregator = stage.aggregator.url;
    const request = {
      pool: { id: 'hall-9', slots: 1, numerics: NUMERICS },
      participants: [{ id: 'press-9', attributes: { hall: '9' }, signals: ['vibration', 'condition'] }],
    };
    const participant = { id: 'press-9', source: { folder: { path: folder } } };
    return new Membership({
      client: new AggregatorClient(aggregator),
      request,
      credential: joinCredential(
        { aggregator, certificate, pool: { id: 'hall-9' }, participants: [participant] },
        request,
      ),
      keyFile,
      statuses: () => [{ id: 'press-9', state: 'collecting', data: [] }],
      log: silentLog,
    });
  }

  it('waits for its approval, then takes part', async () => {
    const waiting = membership();
    await waiting.start();
    const proposal = await eventually(async () => {
      const { body } = await stage.aggregator.get('/api/proposals');
      return body[0];
    });
    const keyBefore = existsSync(keyFile);

    await call(stage.aggregator.url, 'PUT', '/api/proposals/press-9/approval', { federation: 'press-shop' });
    const federations = await eventually(() => waiting.federations.map(({ id }) => id).join());

    await waiting.stop();
    const { body: participant } = await stage.aggregator.get('/api/participants/press-9');
    expect([proposal.id, proposal.pool, keyBefore]).toEqual(['press-9', 'hall-9', false]);
    expect(federations).toBe('press-shop');
    expect(participant).toMatchObject({ pool: 'hall-9', attributes: { hall: '9' } });
  });

  it('comes back with its own key', async () => {
    const back = membership();

    await back.start();

    expect(back.federations.map(({ id }) => id)).toEqual(['press-shop']);
    await back.stop();
  });
});
