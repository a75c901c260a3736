import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { participantSubmodel } from '../../../aas/submodels/participant.ts';
import { participantShell } from '../../../aas/submodels/shells.ts';
import type { Schemas } from '../../../openapi/schemas.ts';
import { proveJoin } from '../../../services/trainer/prove-join.ts';
import { type RunningEnvironment, runEnvironment } from '../../aas/running-environment.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from './support/call.ts';
import { NUMERICS } from './support/federation.ts';
import { Stage } from './support/stage.ts';
import { makeFolder } from './support/test-aggregator.ts';

let registry: RunningEnvironment;
let stage: Stage;
let folder: string;

beforeAll(async () => {
  folder = await makeFolder();
  registry = await runEnvironment();
  stage = await Stage.open({
    outside: {
      lookups: [
        { id: 'plant', registry: { url: registry.server.url }, federation: 'press-shop', everyMs: 200 },
      ],
    },
  });
  await stage.create('press-shop');
});
afterAll(async () => {
  await stage.close();
  await registry.stop();
});

interface Identity {
  readonly file: string;
  readonly keyFile: string;
  readonly sha256: string;
}

/** A key with a self-signed certificate, as a person makes them. */
function makeIdentity(name: string): Identity {
  const [file, keyFile] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-subj', `/CN=${name}`, '-days', '30', '-keyout', keyFile, '-out', file],
    ],
    { stdio: 'ignore' },
  );
  const { raw } = new X509Certificate(readFileSync(file));
  return { file, keyFile, sha256: createHash('sha256').update(raw).digest('hex') };
}

/** Registers a participant, as its site would, with or without a certificate. */
async function register(participant: string, certificateSha256?: string): Promise<void> {
  const shellId = `urn:site:${participant}`;
  const submodel = participantSubmodel(`${shellId}:Participant`, {
    participant,
    pool: 'site',
    state: 'ready',
    updatedAt: '2026-01-02T03:04:05Z',
    ...(certificateSha256 === undefined ? {} : { certificateSha256 }),
  });
  await registry.environment.apply({
    shells: [participantShell({ id: shellId, participant, submodelIds: [submodel.id] })],
    submodels: [submodel],
  });
}

const request = (pool: string, participants: readonly string[]) => ({
  pool: { id: pool, slots: 1, numerics: NUMERICS },
  participants: participants.map((id) => ({ id, attributes: {}, signals: ['vibration', 'condition'] })),
});

async function joinWith(
  pool: string,
  participants: readonly string[],
  identity: Identity,
  change: (proof: Schemas['JoinProof']) => Schemas['JoinProof'] = (proof) => proof,
) {
  const body = request(pool, participants);
  const proof = change(await proveJoin(body, identity, stage.aggregator.url));
  return stage.aggregator.post('/api/trainers/join', { ...body, proof });
}

async function proposalOf(id: string) {
  const { body } = await stage.aggregator.get('/api/proposals');
  return body.find((proposal: { id: string }) => proposal.id === id);
}

const approve = (id: string, body: object = {}) =>
  call(stage.aggregator.url, 'PUT', `/api/proposals/${id}/approval`, body);

describe('a participant that a registry names', () => {
  it('is proposed, and admitted when its trainer shows the certificate of its submodel [listProposals]', async () => {
    const identity = makeIdentity('press-1');
    await register('press-1', identity.sha256);
    const proposed = await eventually(() => proposalOf('press-1'));

    const { status, body } = await joinWith('hall-1', ['press-1'], identity);

    const { body: summary } = await stage.aggregator.get('/api/federations/press-shop');
    expect(proposed).toMatchObject({
      state: 'proposed',
      lookup: 'plant',
      federation: 'press-shop',
      certificateSha256: identity.sha256,
      shellId: 'urn:site:press-1',
    });
    expect([status, typeof body.key]).toEqual([200, 'string']);
    expect(summary.participants).toContain('press-1');
    expect(await proposalOf('press-1')).toBeUndefined();
  });

  it('is admitted by a join token as ever', async () => {
    await register('press-2', 'ab'.repeat(32));
    await eventually(() => proposalOf('press-2'));
    const { body: token } = await stage.aggregator.post('/api/federations/press-shop/tokens');

    const { status } = await stage.aggregator.post('/api/trainers/join', {
      ...request('hall-2', ['press-2']),
      token: token.joinToken,
    });

    expect(status).toBe(200);
    expect(await proposalOf('press-2')).toBeUndefined();
  });

  it('waits for an approval if its submodel names no certificate [approveProposal]', async () => {
    const identity = makeIdentity('press-3');
    await register('press-3');
    await eventually(() => proposalOf('press-3'));

    const before = await joinWith('hall-3', ['press-3'], identity);
    const asking = await proposalOf('press-3');
    const approved = await approve('press-3');
    const after = await joinWith('hall-3', ['press-3'], identity);

    expect([before.status, before.body.code]).toEqual([403, 'E_NOT_APPROVED']);
    expect(before.body.faults[0].message).toContain('participant approve press-3');
    expect(asking).toMatchObject({ pool: 'hall-3', askedWithSha256: identity.sha256, approved: false });
    expect([approved.status, approved.body.joinToken, after.status]).toEqual([200, undefined, 200]);
  });

  it('does not change the certificate that waits when another trainer asks', async () => {
    const [first, second] = [makeIdentity('press-4'), makeIdentity('thief-4')];
    await register('press-4');
    await eventually(() => proposalOf('press-4'));
    await joinWith('hall-4', ['press-4'], first);

    await joinWith('thieves', ['press-4'], second);
    await approve('press-4');

    const thief = await joinWith('thieves', ['press-4'], second);
    const owner = await joinWith('hall-4', ['press-4'], first);
    expect([thief.status, owner.status]).toEqual([403, 200]);
  });

  it('makes the operator choose where registry and trainer show different certificates', async () => {
    const [listed, shown] = [makeIdentity('press-5'), makeIdentity('other-5')];
    await register('press-5', listed.sha256);
    await eventually(() => proposalOf('press-5'));
    const refused = await joinWith('hall-5', ['press-5'], shown);

    const unclear = await approve('press-5');
    const chosen = await approve('press-5', { certificateSha256: shown.sha256 });

    expect([refused.status, unclear.status, unclear.body.code]).toEqual([403, 409, 'E_WRONG_STATE']);
    expect([chosen.status, (await joinWith('hall-5', ['press-5'], shown)).status]).toEqual([200, 200]);
  });

  it('gets a join token by the approval where no certificate is known at all', async () => {
    await register('press-6');
    await eventually(() => proposalOf('press-6'));

    const { body } = await approve('press-6');

    const joined = await stage.aggregator.post('/api/trainers/join', {
      ...request('hall-6', ['press-6']),
      token: body.joinToken,
    });
    expect(joined.status).toBe(200);
  });

  it('is forgotten when the registry no longer has it', async () => {
    await register('press-7');
    await eventually(() => proposalOf('press-7'));

    await registry.environment.apply({ remove: { shells: ['urn:site:press-7'] } });

    await eventually(async () => (await proposalOf('press-7')) === undefined);
    const unknown = await approve('press-7');
    expect([unknown.status, unknown.body.code]).toEqual([404, 'E_NOT_FOUND']);
  });
});

describe('the proof of a join', () => {
  it('is worth nothing if it was signed for another aggregator, long ago, or is changed', async () => {
    const identity = makeIdentity('press-8');
    await register('press-8', identity.sha256);
    await eventually(() => proposalOf('press-8'));
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

    const answers = [
      await joinWith('hall-8', ['press-8'], identity, (proof) => ({
        ...proof,
        audience: 'other.example:8600',
      })),
      await joinWith('hall-8', ['press-8'], identity, (proof) => ({
        ...proof,
        signedAt: '2026-01-02T03:04:05Z',
      })),
      await joinWith('hall-8', ['press-8'], identity, (proof) => ({ ...proof, signature: 'AAAA' })),
      await joinWith('hall-8', ['press-8'], identity, (proof) => ({
        ...proof,
        certificate: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
      })),
    ];

    for (const { status, body } of answers) expect([status, body.code]).toEqual([401, 'E_TOKEN_REFUSED']);
  });

  it('speaks for the participants it was made for only', async () => {
    const identity = makeIdentity('press-9');
    await register('press-9', identity.sha256);
    await register('press-10', 'cd'.repeat(32));
    await eventually(async () => (await proposalOf('press-9')) && (await proposalOf('press-10')));

    const { status, body } = await joinWith('hall-9', ['press-9', 'press-10'], identity);

    expect([status, body.code]).toEqual([403, 'E_NOT_APPROVED']);
    expect(body.faults.map(({ path }: { path: string }) => path)).toEqual(['/participants/1/id']);
  });

  it('gives a trainer that lost its key a new one', async () => {
    const identity = makeIdentity('press-11');
    await register('press-11', identity.sha256);
    await eventually(() => proposalOf('press-11'));
    const { body: first } = await joinWith('hall-11', ['press-11'], identity);
    const heartbeat = (key: string) =>
      call(stage.aggregator.url, 'POST', '/api/trainers/hall-11/heartbeat', { participants: [] }, { key });
    await heartbeat(first.key);

    const { status, body } = await joinWith('hall-11', ['press-11'], identity);

    expect(status).toBe(200);
    expect([(await heartbeat(first.key)).status, (await heartbeat(body.key)).status]).toEqual([401, 200]);
  });
});

describe('a look-up', () => {
  it('says what is wrong with it, and goes on', async () => {
    await registry.environment.apply({
      shells: [participantShell({ id: 'urn:site:far', participant: 'far', submodelIds: ['urn:site:far:P'] })],
    });
    await registry.call('PUT', `/shell-descriptors/${Buffer.from('urn:site:far').toString('base64url')}`, {
      id: 'urn:site:far',
      assetType: 'urn:fedshell:asset-type:participant',
      specificAssetIds: [{ name: 'participant', value: 'far' }],
      submodelDescriptors: [
        {
          id: 'urn:site:far:P',
          semanticId: {
            type: 'ExternalReference',
            keys: [{ type: 'GlobalReference', value: 'urn:fedshell:submodel:participant:1:0' }],
          },
          endpoints: [
            {
              interface: 'SUBMODEL-3.0',
              protocolInformation: { href: 'http://169.254.169.254/submodels/x', endpointProtocol: 'HTTP' },
            },
          ],
        },
      ],
    });

    const degraded = await eventually(async () => (await stage.aggregator.get('/readyz')).body.degraded);

    expect(degraded[0]).toContain('look-up plant: participant far: its entry leads to 169.254.169.254');
    expect(await proposalOf('far')).toMatchObject({ state: 'proposed' });
  });
});

describe('the certificate a pool joined with', () => {
  it('stands in its participants’ submodels', async () => {
    const identity = makeIdentity('press-12');
    await register('press-12', identity.sha256);
    await eventually(() => proposalOf('press-12'));
    await joinWith('hall-12', ['press-12'], identity);
    const { body } = await stage.aggregator.get('/api/participants/press-12');
    const id = Buffer.from(`${body.shellId}:Participant`).toString('base64url');

    const value = await eventually(async () => {
      const answer = await call(stage.aggregator.aas, 'GET', `/submodels/${id}/$value`);
      return answer.status === 200 ? answer.body : undefined;
    });

    expect(value.certificateSha256).toBe(identity.sha256);
  });
});
