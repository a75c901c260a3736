import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrustFolder } from '../../../connectors/opcua/trust-folder.ts';
import { silentLog } from '../../../runtime/log.ts';
import { AggregatorClient } from '../../../services/trainer/aggregator-client.ts';
import { MachineTrust } from '../../../services/trainer/machine-trust.ts';
import { eventually } from '../../support/eventually.ts';
import { runFedshell } from '../../support/run-fedshell.ts';
import { TestCertificates } from '../../support/test-certificates.ts';
import { call } from './support/call.ts';
import { Stage } from './support/stage.ts';
import { makeFolder } from './support/test-aggregator.ts';

describe("certificates of a pool's machines", () => {
  const made = new TestCertificates();
  let stage: Stage;
  let folder: string;
  let trust: TrustFolder;
  let machineTrust: MachineTrust;
  let client: AggregatorClient;
  let sha256: string;

  beforeAll(async () => {
    folder = await makeFolder();
    stage = await Stage.open();
    const token = await stage.create('press-shop');
    const trainer = stage.trainer('hall-3', ['press-1']);
    await trainer.join(token);
    client = new AggregatorClient(stage.aggregator.url);
    client.useKey(trainer.key);
    trust = new TrustFolder(join(folder, 'pki'));
    machineTrust = new MachineTrust(trust.folder, silentLog);
    const { certificateFile } = await made.selfSigned('press');
    const certificate = new X509Certificate(await readFile(certificateFile));
    sha256 = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
    await trust.move(certificate, 'rejected');
  });
  afterAll(async () => {
    await stage.close();
    await made.remove();
  });

  /** What the trainer does every two seconds. */
  async function heartbeat(): Promise<void> {
    const report = await machineTrust.report();
    const { trustDecisions } = await client.heartbeat('hall-3', { participants: [], trust: report });
    await machineTrust.arrived(report, trustDecisions ?? []);
  }

  function decide(fingerprint: string, body: object, pool = 'hall-3') {
    return call(stage.aggregator.url, 'PUT', `/api/pools/${pool}/certificates/${fingerprint}/decision`, body);
  }

  it('are listed as the trainer reports them, over a restart too [listCertificates]', async () => {
    await heartbeat();
    await stage.restart();
    const { body } = await stage.aggregator.get('/api/certificates?pool=hall-3');
    expect(body).toMatchObject([
      { pool: 'hall-3', certificate: { sha256, status: 'rejected', subject: 'CN=press', allowed: [] } },
    ]);
    expect((await stage.aggregator.get('/api/certificates')).body).toEqual(body);
    expect((await stage.aggregator.get('/api/certificates?pool=nobody')).status).toBe(404);
    expect(await machineTrust.report()).toEqual({});
  });

  it('are approved and rejected in the answer to a heartbeat [decideCertificate]', async () => {
    const noted = await decide(sha256, { action: 'approve', allow: ['expired'] });
    expect([noted.status, noted.body.state]).toEqual([200, 'pending']);
    await heartbeat();
    expect(await trust.certificates('trusted')).toHaveLength(1);
    expect((await trust.decisions()).get(sha256)).toMatchObject({ by: 'api', allow: ['expired'] });
    expect(machineTrust.hasNews).toBe(true);
    await heartbeat();
    expect(machineTrust.hasNews).toBe(false);
    const { body } = await stage.aggregator.get('/api/certificates');
    expect(body).toMatchObject([
      { certificate: { status: 'trusted', allowed: ['expired'] }, decision: { state: 'done' } },
    ]);
  });

  it('are left as they are, with the reason, where a decision cannot be carried out', async () => {
    await decide(sha256, { action: 'approve', allow: ['no-revocation-list'] });
    await heartbeat();
    await heartbeat();
    const { body } = await stage.aggregator.get('/api/certificates');
    expect(body[0].decision).toMatchObject({
      state: 'failed',
      failure: expect.stringContaining('no authority'),
    });
    expect(body[0].certificate.status).toBe('trusted');
  });

  it('are decided by an operator alone, about what a pool has reported', async () => {
    const other = 'a'.repeat(64);
    expect((await decide(other, { action: 'approve' })).body.code).toBe('E_NOT_FOUND');
    expect((await decide(sha256, { action: 'approve' }, 'nobody')).body.code).toBe('E_NOT_FOUND');
    expect((await decide(sha256, { action: 'like' })).status).toBe(400);
    expect((await decide('abc', { action: 'approve' })).status).toBe(400);
  });

  it('are rejected by fedshell trust --api, which waits for the trainer', async () => {
    const beats = setInterval(() => void heartbeat().catch(() => undefined), 200);
    try {
      const args = [
        'trust',
        'reject',
        sha256.slice(0, 16),
        '--api',
        '--aggregator',
        stage.aggregator.url,
        '--json',
      ];
      const { stdout, stderr } = await runFedshell(args);
      expect([JSON.parse(stdout || '{}'), stderr]).toEqual([
        expect.objectContaining({ state: 'done', pool: 'hall-3' }),
        '',
      ]);
      expect(await trust.certificates('trusted')).toEqual([]);
      await eventually(async () => {
        const { stdout: text } = await runFedshell([
          'trust',
          'list',
          '--api',
          '--aggregator',
          stage.aggregator.url,
        ]);
        return text.includes('rejected');
      });
    } finally {
      clearInterval(beats);
    }
  });
});
