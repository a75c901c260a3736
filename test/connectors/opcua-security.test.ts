import { mkdtempSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Connector } from '../../connectors/connector.ts';
import { openIdentity } from '../../connectors/opcua/identity.ts';
import { createOpcuaConnector } from '../../connectors/opcua/opcua-connector.ts';
import type { OpcuaSource } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { silentLog } from '../../runtime/log.ts';
import { eventually } from '../support/eventually.ts';
import { freePort, type Machine, startMachine } from '../support/opcua-machine.ts';
import { RecordingReceiver } from '../support/recording-receiver.ts';

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
    expect(error.code).toBe('E_OPCUA_SECURITY');
    const { fingerprint, rejectedFile, trustedFolder } = error.details as Record<string, string>;
    expect(error.message).toContain(`SHA-256 ${fingerprint}`);
    expect(error.message).toContain(`move ${rejectedFile} to ${trustedFolder}`);
    await rename(rejectedFile ?? '', join(trustedFolder ?? '', basename(rejectedFile ?? '')));
    const receiver = await connect(pki, machine.endpoint, { trust: 'listed' });
    expect(receiver.current).toEqual({ state: 'connected' });
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
    expect(error.code).toBe('E_OPCUA_SECURITY');
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
    expect(error.code).toBe('E_OPCUA_SECURITY');
    expect(error.message).toContain('the certificate of another server');
  });

  it('shows the refusal while collecting, and goes on after the approval without a restart', async () => {
    const pki = await newPki();
    const first = await start();
    const receiver = await connect(pki, first.endpoint);
    await first.kill();
    const second = await start({ port: first.port, pkiFolder: secondPki });
    await eventually(() => receiver.current?.reason?.includes('to approve it, move'));
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
    expect(receiver.current).toEqual({ state: 'connected' });
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
});
