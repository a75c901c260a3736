import { X509Certificate } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { OPCUACertificateManager } from 'node-opcua-certificate-manager';
import { EndpointDescription, MessageSecurityMode, SecurityPolicy, UserTokenType } from 'node-opcua-client';
import type { Connector } from '../../connectors/connector.ts';
import { chooseEndpoint } from '../../connectors/opcua/choose-endpoint.ts';
import { openIdentity } from '../../connectors/opcua/identity.ts';
import { createOpcuaConnector } from '../../connectors/opcua/opcua-connector.ts';
import { prepareNext, rotate } from '../../connectors/opcua/own-certificate.ts';
import { RevocationList } from '../../connectors/opcua/revocation-list.ts';
import {
  approveCertificate,
  findCertificate,
  listCertificates,
} from '../../connectors/opcua/trust-decisions.ts';
import { TrustFolder } from '../../connectors/opcua/trust-folder.ts';
import type { OpcuaSource, Schemas } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { silentLog } from '../../runtime/log.ts';
import { eventually } from '../support/eventually.ts';
import { freePort, type Machine, startMachine } from '../support/opcua-machine.ts';
import { RecordingReceiver } from '../support/recording-receiver.ts';
import { TestCertificates } from '../support/test-certificates.ts';

type Allowance = Schemas['TrustAllowance'];

describe('security of a machine connection', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fedshell-opcua-'));
  const firstPki = join(folder, 'first');
  const secondPki = join(folder, 'second');
  const machines: Machine[] = [];
  const open: Connector[] = [];
  let clients = 0;

  afterEach(async () => {
    for (const connector of open.splice(0)) await connector.close();
    for (const machine of machines.splice(0)) await machine.kill();
  });

  afterAll(() => rm(folder, { recursive: true }));

  async function start(part: Partial<Parameters<typeof startMachine>[0]> = {}): Promise<Machine> {
    const machine = await startMachine({ port: await freePort(), pkiFolder: firstPki, ...part });
    machines.push(machine);
    return machine;
  }

  /** The PKI folder of a trainer that has met no server yet, with the one key that all tests share. */
  async function newPki(): Promise<string> {
    clients += 1;
    const pki = join(folder, `client-${clients}`);
    const { privateKeyFile, certificateFile } = await openIdentity(join(folder, 'client'));
    await mkdir(join(pki, 'own', 'private'), { recursive: true });
    await mkdir(join(pki, 'own', 'certs'), { recursive: true });
    await writeFile(join(pki, 'own', 'private', basename(privateKeyFile)), await readFile(privateKeyFile));
    await writeFile(join(pki, 'own', 'certs', basename(certificateFile)), await readFile(certificateFile));
    return pki;
  }

  async function connect(
    pkiFolder: string,
    endpoint: string,
    part: Partial<OpcuaSource> = {},
  ): Promise<RecordingReceiver> {
    const receiver = new RecordingReceiver();
    const connector = createOpcuaConnector({
      source: {
        endpoint,
        securityMode: 'SignAndEncrypt',
        trust: 'first-use',
        publishingIntervalMs: 50,
        bridgeSeconds: 10,
        minimumBridgeSeconds: 1,
        queueMemoryMB: 16,
        strict: false,
        backfill: false,
        queueSize: 100,
        signals: { load: { node: 'nsu=urn:test:line;s=press.Load' } },
        ...part,
      },
      pkiFolder,
      log: silentLog,
    });
    open.push(connector);
    await connector.open(receiver);
    await eventually(() => receiver.of('load').length > 0);
    return receiver;
  }

  async function refusal(attempt: Promise<unknown>): Promise<CodedError> {
    const error = await attempt.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error instanceof CodedError) return error;
    throw new Error(`expected a refusal, got ${error}`);
  }

  it('makes one key and certificate, however many connectors start at once, without the openssl program', async () => {
    const { PATH } = process.env;
    process.env['PATH'] = '/nowhere';
    try {
      const pki = join(folder, 'parallel');
      const identities = await Promise.all(Array.from({ length: 5 }, () => openIdentity(pki)));
      expect(new Set(identities).size).toBe(1);
      expect(await readdir(join(pki, 'own', 'certs'))).toEqual(['client_certificate.pem']);
      const { mode } = await stat(identities[0]?.privateKeyFile ?? '');
      expect(mode & 0o077).toBe(0);
    } finally {
      process.env['PATH'] = PATH;
    }
  });

  it('refuses a server that is not listed, and connects once a person moved its certificate', async () => {
    const machine = await start();
    const pki = await newPki();
    const error = await refusal(connect(pki, machine.endpoint, { trust: 'listed' }));
    expect(error.code).toBe('E_OPCUA_UNTRUSTED');
    const { fingerprint, rejectedFile, trustedFolder } = error.details as Record<string, string>;
    expect(error.message).toContain(`SHA-256 ${fingerprint}`);
    expect(error.message).toContain(`fedshell trust approve ${fingerprint?.slice(0, 16)}`);
    await rename(rejectedFile ?? '', join(trustedFolder ?? '', basename(rejectedFile ?? '')));
    const receiver = await connect(pki, machine.endpoint, { trust: 'listed' });
    expect(receiver.current).toMatchObject({ state: 'connected' });
    expect(receiver.current?.reason).toBeUndefined();
  });

  it('keeps the first certificate of a server and refuses another until a person approves it', async () => {
    const pki = await newPki();
    const first = await start();
    const receivers = await Promise.all([connect(pki, first.endpoint), connect(pki, first.endpoint)]);
    expect(receivers.map(({ current }) => current?.state)).toEqual(['connected', 'connected']);
    for (const connector of open.splice(0)) await connector.close();
    await first.kill();
    await start({ port: first.port, pkiFolder: secondPki });
    const error = await refusal(connect(pki, first.endpoint));
    expect(error.code).toBe('E_OPCUA_UNTRUSTED');
    const { rejectedFile, trustedFolder } = error.details as Record<string, string>;
    expect(await readdir(join(pki, 'rejected'))).toEqual([basename(rejectedFile ?? '')]);
    await rename(rejectedFile ?? '', join(trustedFolder ?? '', basename(rejectedFile ?? '')));
    expect((await connect(pki, first.endpoint)).current?.state).toBe('connected');
  });

  it('does not take a certificate that is trusted for another server', async () => {
    const pki = await newPki();
    const [one, other] = await Promise.all([start(), start({ pkiFolder: secondPki })]);
    await connect(pki, one.endpoint);
    await connect(pki, other.endpoint);
    for (const connector of open.splice(0)) await connector.close();
    await one.kill();
    await start({ port: one.port, pkiFolder: secondPki });
    const error = await refusal(connect(pki, one.endpoint));
    expect(error.code).toBe('E_OPCUA_UNTRUSTED');
    expect(error.message).toContain('is that of another server');
  });

  it('shows the refusal while collecting, and goes on after the approval without a restart', async () => {
    const pki = await newPki();
    const first = await start();
    const receiver = await connect(pki, first.endpoint);
    await first.kill();
    const second = await start({ port: first.port, pkiFolder: secondPki });
    await eventually(() => receiver.current?.reason?.includes('to approve it: fedshell trust approve'));
    const [name = ''] = await readdir(join(pki, 'rejected'));
    await rename(join(pki, 'rejected', name), join(pki, 'trusted', 'certs', name));
    await eventually(() => receiver.current?.state === 'connected');
    await second.send('write', { signal: 'Load', value: 9, atMs: Date.now() });
    await eventually(() => receiver.of('load').find(({ value }) => value === 9));
  });

  it('never falls back to a lower mode or an older policy', async () => {
    const machine = await start({ policies: ['None'] });
    const pki = await newPki();
    const error = await refusal(connect(pki, machine.endpoint));
    expect(error.code).toBe('E_OPCUA_SECURITY');
    expect(error.message).toContain('it offers None None');
    const receiver = await connect(pki, machine.endpoint, { securityMode: 'None' });
    expect(receiver.current).toMatchObject({ state: 'connected' });
    expect(receiver.current?.reason).toBeUndefined();
  });

  it('takes Basic256Sha256 where nothing better is offered, and signs only if told so', async () => {
    const machine = await start({ policies: ['Basic256Sha256'] });
    const pki = await newPki();
    expect((await connect(pki, machine.endpoint)).current?.state).toBe('connected');
    expect((await connect(pki, machine.endpoint, { securityMode: 'Sign' })).current?.state).toBe('connected');
  });

  it('logs in with a user whose password stands in a file, and says so if it is wrong', async () => {
    const machine = await start({ users: { operator: 'right' } });
    const pki = await newPki();
    const file = join(folder, 'password');
    await writeFile(file, 'right\n');
    const user = { name: 'operator', password: { file } };
    expect((await connect(pki, machine.endpoint, { user })).current?.state).toBe('connected');
    await writeFile(file, 'wrong\n');
    const error = await refusal(connect(pki, machine.endpoint, { user }));
    expect(error.code).toBe('E_OPCUA_SECURITY');
    expect(error.message).toContain('refuses the user name or password');
    expect(error.message).not.toContain('wrong');
  });

  it('says so when the server does not trust our certificate', async () => {
    const machine = await start({ pkiFolder: join(folder, 'strict'), acceptClients: false });
    const error = await refusal(connect(await newPki(), machine.endpoint));
    expect(error.code).toBe('E_OPCUA_SECURITY');
    expect(error.message).toContain('refuses our certificate');
    expect(error.message).toContain('client_certificate.pem');
  });

  describe('by certificates of many kinds', () => {
    const made = new TestCertificates();

    afterAll(() => made.remove());

    async function approve(pki: string, fingerprint: unknown, allow: Allowance[] = []): Promise<void> {
      const trust = new TrustFolder(pki);
      const certificate = await findCertificate(trust, String(fingerprint));
      await approveCertificate(trust, certificate, { allow, by: 'local', nowMs: Date.now() });
    }

    it('refuses an unknown, an expired and a wrong-host certificate with three codes, until each is allowed', async () => {
      const pki = await newPki();
      const kinds = [
        { name: 'unknown', options: {}, code: 'E_OPCUA_UNTRUSTED', allow: [] },
        { name: 'expired', options: { fromDays: -30, days: 5 }, code: 'E_OPCUA_EXPIRED', allow: ['expired'] },
        {
          name: 'stray',
          options: { dns: ['elsewhere'], ip: [] },
          code: 'E_OPCUA_HOSTNAME',
          allow: ['hostname'],
        },
      ] as const;
      for (const { name, options, code, allow } of kinds) {
        const machine = await start(await made.selfSigned(name, options));
        const first = await refusal(connect(pki, machine.endpoint, { trust: 'listed' }));
        expect(first.code).toBe(code);
        expect(first.details['codes']).toContain('E_OPCUA_UNTRUSTED');
        await approve(pki, first.details['fingerprint']);
        if (allow.length > 0) {
          const again = await refusal(connect(pki, machine.endpoint, { trust: 'listed' }));
          expect([again.code, again.details['codes']]).toEqual([code, [code]]);
          await approve(pki, first.details['fingerprint'], [...allow]);
        }
        expect((await connect(pki, machine.endpoint, { trust: 'listed' })).current?.state).toBe('connected');
      }
      const listed = await listCertificates(new TrustFolder(pki));
      expect(
        listed.map(({ subject, status, allowed, refusals }) => ({ subject, status, allowed, refusals })),
      ).toEqual([
        { subject: 'CN=expired', status: 'trusted', allowed: ['expired'], refusals: [] },
        { subject: 'CN=stray', status: 'trusted', allowed: ['hostname'], refusals: [] },
        { subject: 'CN=unknown', status: 'trusted', allowed: [], refusals: [] },
      ]);
    });

    it('does not take an expired or a wrong-host certificate on first use either', async () => {
      const pki = await newPki();
      const expired = await start(await made.selfSigned('first-expired', { fromDays: -30, days: 5 }));
      const stray = await start(await made.selfSigned('first-stray', { dns: ['elsewhere'], ip: [] }));
      expect((await refusal(connect(pki, expired.endpoint))).code).toBe('E_OPCUA_EXPIRED');
      expect((await refusal(connect(pki, stray.endpoint))).code).toBe('E_OPCUA_HOSTNAME');
    });

    it('refuses a server that says it is another application than its certificate is made for', async () => {
      const pki = await newPki();
      const liar = await start({ ...(await made.selfSigned('liar')), applicationUri: 'urn:test:press' });
      const error = await refusal(connect(pki, liar.endpoint));
      expect(error.code).toBe('E_OPCUA_SECURITY');
      expect(error.message).toContain('is made for urn:test:liar, not for urn:test:press, which answers');
    });

    it('trusts what an authority of the plant signed, until it is revoked', async () => {
      const pki = await newPki();
      const trust = new TrustFolder(pki);
      const authority = await made.authority('plant');
      const issued = await authority.issue('cutter');
      const machine = await start(issued);
      await trust.move(new X509Certificate(authority.certificate), 'trusted');
      const unproven = await refusal(connect(pki, machine.endpoint, { trust: 'listed' }));
      expect(unproven.message).toContain('there is no revocation list');
      await trust.addRevocationList(new RevocationList(authority.revocationList()));
      expect((await connect(pki, machine.endpoint, { trust: 'listed' })).current?.state).toBe('connected');
      for (const connector of open.splice(0)) await connector.close();
      await authority.revoke(issued.der);
      await trust.addRevocationList(new RevocationList(authority.revocationList()));
      const revoked = await refusal(connect(pki, machine.endpoint, { trust: 'listed' }));
      expect(revoked.code).toBe('E_OPCUA_SECURITY');
      expect(revoked.message).toContain('was revoked by CN=plant');
      expect(revoked.message).not.toContain('trust approve');
    });

    it('logs in with the certificate of a user, whose key stands in a file', async () => {
      const user = await made.selfSigned('operator');
      const userPkiFolder = join(folder, 'users');
      const users = new OPCUACertificateManager({ rootFolder: userPkiFolder, disableFileWatchers: true });
      await users.initialize();
      await users.trustCertificate(new X509Certificate(await readFile(user.certificateFile)).raw);
      await users.dispose();
      const machine = await start({ users: {}, userPkiFolder });
      const pki = await newPki();
      const source = { certificate: { file: user.certificateFile }, key: { file: user.privateKeyFile } };
      expect((await connect(pki, machine.endpoint, { user: source })).current?.state).toBe('connected');
      const other = await made.selfSigned('stranger');
      const strange = { certificate: { file: other.certificateFile }, key: { file: other.privateKeyFile } };
      expect((await refusal(connect(pki, machine.endpoint, { user: strange }))).code).toBe(
        'E_OPCUA_SECURITY',
      );
      const mixed = { certificate: { file: user.certificateFile }, key: { file: other.privateKeyFile } };
      expect((await refusal(connect(pki, machine.endpoint, { user: mixed }))).code).toBe('E_INVALID_INPUT');
    });

    it('sends no password where it might travel in clear, unless the user says so', () => {
      const user = { name: 'operator', password: { environment: 'PASSWORD' } };
      const token = (securityPolicyUri: SecurityPolicy) => ({
        policyId: 'name',
        tokenType: UserTokenType.UserName,
        securityPolicyUri,
      });
      const offer = (mode: 'None' | 'Sign' | 'SignAndEncrypt', ...policies: SecurityPolicy[]) =>
        new EndpointDescription({
          securityMode: MessageSecurityMode[mode],
          securityPolicyUri: mode === 'None' ? SecurityPolicy.None : SecurityPolicy.Basic256Sha256,
          userIdentityTokens: policies.map(token),
        });
      const { None, Basic256Sha256 } = SecurityPolicy;
      const inClear = 'might travel in clear';
      expect(() => chooseEndpoint([offer('None', Basic256Sha256)], 'None', user)).toThrow(inClear);
      expect(() => chooseEndpoint([offer('Sign', None)], 'Sign', user)).toThrow(inClear);
      expect(() => chooseEndpoint([offer('Sign')], 'Sign', user)).toThrow('takes no user by UserName');
      expect(chooseEndpoint([offer('Sign', None, Basic256Sha256)], 'Sign', user)).toBeDefined();
      expect(chooseEndpoint([offer('SignAndEncrypt', None)], 'SignAndEncrypt', user)).toBeDefined();
      expect(chooseEndpoint([offer('None', None)], 'None', { ...user, unprotected: true })).toBeDefined();
    });

    it('uses a new certificate of its own from the next connection on', async () => {
      const pki = await newPki();
      const { certificateFile } = await openIdentity(pki);
      const before = await readFile(certificateFile, 'utf8');
      const machine = await start();
      await connect(pki, machine.endpoint);
      const prepared = await prepareNext(pki);
      expect((await openIdentity(pki)).certificateFile).toBe(certificateFile);
      expect(await rotate(pki)).toEqual(prepared);
      expect(await readFile((await openIdentity(pki)).certificateFile, 'utf8')).not.toBe(before);
      expect((await connect(pki, machine.endpoint)).current?.state).toBe('connected');
    });
  });
});
