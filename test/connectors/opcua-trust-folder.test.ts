import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprintOf } from '../../connectors/opcua/certificate.ts';
import { Pins } from '../../connectors/opcua/pins.ts';
import {
  approveCertificate,
  listCertificates,
  rejectCertificate,
} from '../../connectors/opcua/trust-decisions.ts';
import { TrustFolder } from '../../connectors/opcua/trust-folder.ts';
import { derCertificate } from '../support/der-certificate.ts';

const folder = mkdtempSync(join(tmpdir(), 'fedshell-trust-'));
let folders = 0;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function newFolder(): string {
  folders += 1;
  return join(folder, String(folders));
}

/** Small keys are made quickly; nothing here looks at them. */
function shown(name: string, hosts: readonly string[] = ['press']) {
  return derCertificate({ name, hosts, keyBits: 1024 }).certificate;
}

function refusal(endpoint: string, second: number) {
  const at = new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  return { endpoint, codes: ['E_OPCUA_UNTRUSTED'], reason: `is not trusted, ${second}`, at };
}

async function subjects(trust: TrustFolder): Promise<string[]> {
  const listed = await listCertificates(trust);
  return listed.map(({ subject, status }) => `${status} ${subject}`).sort();
}

const decided = { by: 'local', nowMs: 0 } as const;

describe('what a PKI folder keeps of servers that are not trusted', () => {
  it('is the newest three certificates of an endpoint, whatever others show', async () => {
    const trust = new TrustFolder(newFolder());
    await trust.keepRefused(shown('press'), refusal('opc.tcp://press:4840', 0));
    for (let index = 1; index <= 6; index += 1) {
      await trust.keepRefused(shown(`rogue-${index}`), refusal('opc.tcp://rogue:4840', index));
    }

    expect(await subjects(trust)).toEqual([
      'rejected CN=press',
      'rejected CN=rogue-4',
      'rejected CN=rogue-5',
      'rejected CN=rogue-6',
    ]);
    expect([...(await trust.refusals()).values()].flat()).toHaveLength(4);
  });

  it('includes what another endpoint shows too, what a person rejected, and what is shown again now', async () => {
    const trust = new TrustFolder(newFolder());
    const [both, rejected, again] = [shown('both'), shown('rejected'), shown('again')];
    await trust.keepRefused(both, refusal('opc.tcp://rogue:4840', 0));
    await trust.keepRefused(both, refusal('opc.tcp://press:4840', 0));
    await trust.keepRefused(rejected, refusal('opc.tcp://rogue:4840', 1));
    await rejectCertificate(trust, rejected, decided);
    await trust.keepRefused(again, refusal('opc.tcp://rogue:4840', 2));
    for (let index = 3; index <= 4; index += 1) {
      await trust.keepRefused(shown(`rogue-${index}`), refusal('opc.tcp://rogue:4840', index));
    }
    await trust.keepRefused(shown('rogue-5'), refusal('opc.tcp://rogue:4840', 5));
    await trust.keepRefused(again, refusal('opc.tcp://rogue:4840', 2));

    expect(await subjects(trust)).toEqual([
      'rejected CN=again',
      'rejected CN=both',
      'rejected CN=rejected',
      'rejected CN=rogue-4',
      'rejected CN=rogue-5',
    ]);
    expect((await trust.refusals()).get(fingerprintOf(both))).toHaveLength(1);
  });

  it('tells ten of the hosts that such a certificate names, and all of one that is trusted', async () => {
    const trust = new TrustFolder(newFolder());
    const certificate = shown(
      'many',
      Array.from({ length: 60 }, (_none, index) => `host-${index}`),
    );
    await trust.keepRefused(certificate, refusal('opc.tcp://many:4840', 0));
    expect((await listCertificates(trust))[0]?.hosts).toHaveLength(10);

    await approveCertificate(trust, certificate, { ...decided, allow: [] });

    expect((await listCertificates(trust))[0]?.hosts).toHaveLength(60);
  });
});

describe('decisions about a certificate', () => {
  it('stay when a connector refuses it at the same moment', async () => {
    const trust = new TrustFolder(newFolder());
    const certificate = shown('press');
    await trust.keepRefused(certificate, refusal('opc.tcp://press:4840', 0));
    await approveCertificate(trust, certificate, { ...decided, allow: [] });

    // The connector had read the lists before.
    await trust.keepRefused(certificate, refusal('opc.tcp://press:4840', 1));

    expect(await subjects(trust)).toEqual(['trusted CN=press']);
  });

  it('never leave it in no list, however two persons decide', async () => {
    const trust = new TrustFolder(newFolder());
    const certificate = shown('press');
    for (let round = 0; round < 20; round += 1) {
      await Promise.all([
        approveCertificate(trust, certificate, { ...decided, allow: [] }),
        rejectCertificate(trust, certificate, decided),
      ]);
      expect(await subjects(trust)).toHaveLength(1);
    }
  });

  it('are noted only once the certificate is where they put it', async () => {
    const trust = new TrustFolder(newFolder());
    mkdirSync(trust.folder, { recursive: true });
    writeFileSync(join(trust.folder, 'rejected'), 'a file where a folder should be');
    writeFileSync(join(trust.folder, 'trusted'), 'likewise');
    const certificate = shown('press');

    await expect(approveCertificate(trust, certificate, { ...decided, allow: [] })).rejects.toThrow();
    await expect(rejectCertificate(trust, certificate, decided)).rejects.toThrow();

    expect(existsSync(join(trust.folder, 'decisions.jsonl'))).toBe(false);
    expect((await trust.decisions()).size).toBe(0);
  });
});

describe('the first certificate of an endpoint', () => {
  const endpoint = 'opc.tcp://press:4840';
  const fingerprint = 'ab'.repeat(32);

  it('is unknown only where there is none, and no first use where it cannot be read', async () => {
    const pki = newFolder();
    const pins = new Pins(pki);
    expect(await pins.get(endpoint)).toBeUndefined();
    await pins.set(endpoint, fingerprint);
    expect(await pins.get(endpoint)).toBe(fingerprint);

    writeFileSync(pins.file(endpoint), '');
    await expect(pins.get(endpoint)).rejects.toMatchObject({ code: 'E_OPCUA_SECURITY' });
    rmSync(pins.file(endpoint));
    mkdirSync(pins.file(endpoint));
    await expect(pins.get(endpoint)).rejects.toMatchObject({ code: 'E_OPCUA_SECURITY' });
    await expect(pins.isPinnedElsewhere('opc.tcp://mill:4840', fingerprint)).rejects.toThrow('delete it');
  });

  it('is not taken for that of another for a file that was left half written', async () => {
    const pins = new Pins(newFolder());
    await pins.set(endpoint, fingerprint);
    writeFileSync(`${pins.file(endpoint)}.partial`, `${fingerprint}\n`);

    expect(await pins.isPinnedElsewhere(endpoint, fingerprint)).toBe(false);
    expect(await pins.isPinnedElsewhere('opc.tcp://mill:4840', fingerprint)).toBe(true);
    expect(readFileSync(pins.file(endpoint), 'utf8')).toBe(`${fingerprint}\n`);
  });
});
