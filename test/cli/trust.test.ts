import { X509Certificate } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connector } from '../../connectors/connector.ts';
import { createOpcuaConnector } from '../../connectors/opcua/opcua-connector.ts';
import { TrustFolder } from '../../connectors/opcua/trust-folder.ts';
import { silentLog } from '../../runtime/log.ts';
import { eventually } from '../support/eventually.ts';
import { freePort, type Machine, startMachine } from '../support/opcua-machine.ts';
import { RecordingReceiver } from '../support/recording-receiver.ts';
import { runFedshell } from '../support/run-fedshell.ts';
import { TestCertificates } from '../support/test-certificates.ts';

describe('fedshell trust', () => {
  const made = new TestCertificates();
  const folder = mkdtempSync(join(tmpdir(), 'fedshell-trust-'));
  const connectors: Connector[] = [];
  const machines: Machine[] = [];

  afterAll(async () => {
    for (const connector of connectors) await connector.close();
    for (const machine of machines) await machine.kill();
    await rm(folder, { recursive: true, force: true });
    await made.remove();
  });

  /** A PKI folder that has seen one certificate. */
  async function seen(name: string, file: string): Promise<{ pki: string; sha256: string }> {
    const pki = join(folder, name);
    const certificate = new X509Certificate(await readFile(file));
    await new TrustFolder(pki).move(certificate, 'rejected');
    return { pki, sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase() };
  }

  async function trust(...args: string[]): Promise<unknown> {
    const { exitCode, stdout, stderr } = await runFedshell(['trust', ...args, '--json']);
    if (exitCode !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  }

  it('lets a running connector in, without a restart', async () => {
    const first = await made.selfSigned('first');
    const machine = await startMachine({
      port: await freePort(),
      pkiFolder: join(folder, 'machine'),
      ...first,
    });
    machines.push(machine);
    const pki = join(folder, 'running');
    await new TrustFolder(pki).move(new X509Certificate(await readFile(first.certificateFile)), 'trusted');
    const connector = createOpcuaConnector({
      source: {
        endpoint: machine.endpoint,
        securityMode: 'SignAndEncrypt',
        trust: 'listed',
        publishingIntervalMs: 50,
        bridgeSeconds: 10,
        minimumBridgeSeconds: 1,
        queueMemoryMB: 16,
        strict: false,
        backfill: false,
        signals: { load: { node: 'nsu=urn:test:line;s=press.Load' } },
      },
      pkiFolder: pki,
      log: silentLog,
    });
    connectors.push(connector);
    const receiver = new RecordingReceiver();
    await connector.open(receiver);
    await eventually(() => receiver.current?.state === 'connected');
    await machine.kill();
    const renewed = await made.selfSigned('renewed');
    machines.push(
      await startMachine({ port: machine.port, pkiFolder: join(folder, 'renewed-machine'), ...renewed }),
    );
    await eventually(() => receiver.current?.reason?.includes('fedshell trust approve'));
    const [, fingerprint = ''] =
      /fedshell trust approve ([0-9a-f]+)/.exec(receiver.current?.reason ?? '') ?? [];

    await trust('approve', fingerprint, '--pki', pki);

    await eventually(() => receiver.current?.state === 'connected', { timeoutMs: 40_000 });
  });

  it('lists what was seen and refused, approves it with what is overlooked, and rejects it again', async () => {
    const { certificateFile } = await made.selfSigned('old', { fromDays: -30, days: 5 });
    const { pki, sha256 } = await seen('lists', certificateFile);
    const at = '2026-01-01T00:00:00.000Z';
    const refusal = {
      endpoint: 'opc.tcp://gateway:4840',
      codes: ['E_OPCUA_HOSTNAME'],
      reason: 'names x, not y',
      at,
    };
    await new TrustFolder(pki).setRefusal(sha256, refusal.endpoint, refusal);
    const part = { sha256, subject: 'CN=old', hosts: ['localhost', '127.0.0.1'], refusals: [refusal] };

    expect(await trust('list', '--pki', pki)).toMatchObject([{ ...part, status: 'rejected', allowed: [] }]);
    await trust('approve', sha256.slice(0, 12), '--allow', 'expired', 'hostname', '--pki', pki);
    expect(await trust('list', '--pki', pki)).toMatchObject([
      { ...part, status: 'trusted', allowed: ['expired', 'hostname'] },
    ]);
    expect((await new TrustFolder(pki).decisions()).get(sha256)?.hosts).toEqual(['gateway']);
    await trust('reject', sha256, '--pki', pki);
    expect(await trust('list', '--pki', pki)).toMatchObject([{ ...part, status: 'rejected', allowed: [] }]);

    const log = (await readFile(join(pki, 'decisions.jsonl'), 'utf8')).trim().split('\n');
    expect(log.map((line) => JSON.parse(line))).toMatchObject([
      { action: 'approve', sha256, allow: ['expired', 'hostname'], by: 'local', subject: 'CN=old' },
      { action: 'reject', sha256, by: 'local' },
    ]);
  });

  it('shows a table with what a person compares', async () => {
    const { certificateFile } = await made.selfSigned('shown');
    const { pki, sha256 } = await seen('table', certificateFile);
    const { stdout } = await runFedshell(['trust', 'list', '--pki', pki]);
    expect(stdout).toContain(sha256.slice(0, 16));
    expect(stdout).toMatch(/rejected +CN=shown +localhost 127\.0\.0\.1/);
  });

  it('takes an authority with its revocation list from files, and says what it means', async () => {
    const authority = await made.authority('plant');
    const files = { authority: join(folder, 'plant.der'), list: join(folder, 'plant.crl') };
    await writeFile(files.authority, authority.certificate);
    await writeFile(files.list, authority.revocationList());
    const pki = join(folder, 'authority');

    await expect(trust('approve', files.list, '--pki', pki)).rejects.toThrow('approve the authority first');
    const { stdout } = await runFedshell(['trust', 'approve', files.authority, '--pki', pki]);
    await trust('approve', files.list, '--pki', pki);

    expect(stdout).toContain('every certificate that it signed is trusted too');
    const { trusted, revocationLists } = await new TrustFolder(pki).lists();
    expect([trusted.length, revocationLists.length]).toEqual([1, 1]);
  });

  it('refuses what it cannot find, what is not unique and what makes no sense', async () => {
    const { certificateFile } = await made.selfSigned('refused');
    const { pki, sha256 } = await seen('refuses', certificateFile);
    const failures: [string[], string][] = [
      [['approve', '0123456789'], 'E_NOT_FOUND'],
      [['approve', 'abc'], 'E_INVALID_INPUT'],
      [['approve', sha256, '--allow', 'everything'], 'E_INVALID_INPUT'],
      [['approve', sha256, '--allow', 'hostname'], 'E_INVALID_INPUT'],
      [['approve', sha256, '--allow', 'no-revocation-list'], 'E_INVALID_INPUT'],
      [['approve', sha256, '--issuer'], 'E_INVALID_INPUT'],
      [['approve', __filename], 'E_INVALID_INPUT'],
      [['own', 'export', '--next'], 'E_NOT_FOUND'],
    ];
    for (const [args, code] of failures) {
      await expect(trust(...args, '--pki', pki)).rejects.toThrow(code);
    }
    expect(await new TrustFolder(pki).certificates('trusted')).toEqual([]);
  });

  it('exports our certificate, makes the next one, goes over to it, and takes one that an authority signed', async () => {
    const pki = join(folder, 'own');
    const der = join(folder, 'own.der');
    const exported = await trust('own', 'export', '--der', '--output', der, '--pki', pki);
    const fingerprint = new X509Certificate(await readFile(der)).fingerprint256
      .replaceAll(':', '')
      .toLowerCase();
    expect(exported).toMatchObject({ sha256: fingerprint, applicationUri: 'urn:fedshell:trainer' });

    const prepared = await trust('rotate', '--prepare', '--pki', pki);
    expect(await trust('own', 'export', '--pki', pki)).toMatchObject({ sha256: fingerprint });
    const next = await trust('own', 'export', '--next', '--pki', pki);
    const rotated = await trust('rotate', '--pki', pki);
    const [one, two, three] = [prepared, next, rotated] as { sha256: string }[];
    expect([two?.sha256, three?.sha256]).toEqual([one?.sha256, one?.sha256]);
    expect(one?.sha256).not.toBe(fingerprint);

    const foreign = await made.selfSigned('foreign');
    const pair = ['--key', foreign.privateKeyFile];
    await expect(trust('own', 'import', foreign.certificateFile, '--pki', pki)).rejects.toThrow(
      'not that of the key',
    );
    await expect(trust('own', 'import', foreign.certificateFile, ...pair, '--pki', pki)).rejects.toThrow(
      'urn:test:foreign',
    );
    const other = join(folder, 'other-own');
    await mkdir(other, { recursive: true });
    const { pem } = (await trust('own', 'export', '--pki', other)) as { pem: string };
    const file = join(folder, 'signed.pem');
    await writeFile(file, pem);
    const key = join(other, 'own', 'private', 'private_key.pem');
    await trust('own', 'import', file, '--key', key, '--pki', pki);
    expect(await trust('own', 'export', '--pki', pki)).toMatchObject({ pem });
  });

  it('says which folders there are when it cannot know which is meant', async () => {
    const { stderr, exitCode } = await runFedshell(['trust', 'list', '--trainer', join(folder, 'none.yaml')]);
    expect([exitCode, stderr]).toEqual([expect.any(Number), expect.stringContaining('none.yaml')]);
    expect(exitCode).not.toBe(0);
  });
});
