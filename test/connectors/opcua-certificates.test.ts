import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { factsOf, fingerprintOf, namesHost, readCertificates } from '../../connectors/opcua/certificate.ts';
import {
  certificateFaults,
  type Decision,
  type TrustLists,
} from '../../connectors/opcua/certificate-faults.ts';
import { RevocationList } from '../../connectors/opcua/revocation-list.ts';
import { readRevocationLists } from '../../connectors/opcua/trust-folder.ts';
import { type TestAuthority, TestCertificates } from '../support/test-certificates.ts';

const DAY_MS = 86_400_000;

describe('the certificate of a machine', () => {
  const made = new TestCertificates();
  let press: X509Certificate;
  let root: TestAuthority;
  let intermediate: TestAuthority;
  let issued: X509Certificate;
  let rootCertificate: X509Certificate;
  let intermediateCertificate: X509Certificate;

  beforeAll(async () => {
    const file = await made.selfSigned('press', {
      dns: ['press-1', 'press-1.plant.example'],
      ip: ['10.1.2.3'],
    });
    press = new X509Certificate(await readFile(file.certificateFile));
    root = await made.authority('root');
    intermediate = await made.authority('hall', root);
    issued = new X509Certificate((await intermediate.issue('mill')).der);
    rootCertificate = new X509Certificate(root.certificate);
    intermediateCertificate = new X509Certificate(intermediate.certificate);
  });

  afterAll(() => made.remove());

  function lists(part: Partial<TrustLists> = {}): TrustLists {
    return { trusted: [], issuers: [], revocationLists: [], decisions: new Map(), ...part };
  }

  function decision(allow: Decision['allow'], hosts: readonly string[] = []): Decision {
    return { action: 'approve', allow, hosts, at: '2026-01-01T00:00:00.000Z', by: 'local' };
  }

  function faults(
    chain: readonly X509Certificate[],
    trust: TrustLists,
    { host = '127.0.0.1', nowMs = Date.now() } = {},
  ): string[] {
    const found = certificateFaults({
      chain,
      lists: trust,
      host,
      applicationUri: undefined,
      localName: 'workstation',
      nowMs,
    });
    return found.map(({ code, text }) => `${code} ${text}`);
  }

  describe('trusted itself', () => {
    it('is good for the hosts that it names, in its time', () => {
      const trust = lists({ trusted: [press] });
      expect(faults([press], trust, { host: 'PRESS-1' })).toEqual([]);
      expect(faults([press], trust, { host: 'press-1.plant.example.' })).toEqual([]);
      expect(faults([press], trust, { host: '10.1.2.3' })).toEqual([]);
    });

    it('is refused for another host, unless that is allowed for this host', () => {
      const hostname = decision(['hostname'], ['gateway']);
      const allowing = lists({ trusted: [press], decisions: new Map([[fingerprintOf(press), hostname]]) });
      const [fault, ...others] = faults([press], lists({ trusted: [press] }), { host: 'gateway' });
      expect(fault).toBe('E_OPCUA_HOSTNAME names press-1, press-1.plant.example, 10.1.2.3, not gateway');
      expect(others).toEqual([]);
      expect(faults([press], allowing, { host: 'gateway' })).toEqual([]);
      expect(faults([press], allowing, { host: 'elsewhere' })).toHaveLength(1);
    });

    it('is refused before and after its time, unless that is allowed', () => {
      const trust = lists({ trusted: [press] });
      const allowing = lists({
        trusted: [press],
        decisions: new Map([[fingerprintOf(press), decision(['expired'])]]),
      });
      const late = { host: 'press-1', nowMs: Date.now() + 60 * DAY_MS };
      expect(faults([press], trust, late)[0]).toMatch(/^E_OPCUA_EXPIRED expired on /);
      expect(faults([press], trust, { ...late, nowMs: 0 })[0]).toMatch(
        /^E_OPCUA_EXPIRED is not valid before /,
      );
      expect(faults([press], allowing, late)).toEqual([]);
    });

    it('has all its faults named, the gravest first', () => {
      const codes = faults([press], lists(), { host: 'x', nowMs: 0 }).map((text) => text.split(' ')[0]);
      expect(codes).toEqual(['E_OPCUA_EXPIRED', 'E_OPCUA_HOSTNAME', 'E_OPCUA_UNTRUSTED']);
    });

    it('needs no chain, but is no good once its authority revoked it', async () => {
      const der = (await root.issue('lathe')).der;
      const lathe = new X509Certificate(der);
      expect(faults([lathe], lists({ trusted: [lathe] }))).toEqual([]);
      await root.revoke(der);
      const trust = lists({
        trusted: [lathe],
        issuers: [rootCertificate],
        revocationLists: [new RevocationList(root.revocationList())],
      });
      expect(faults([lathe], trust)).toEqual(['E_OPCUA_SECURITY was revoked by CN=root']);
    });
  });

  describe('trusted for its authority', () => {
    function all(part: Partial<TrustLists> = {}): TrustLists {
      const revocationLists = [root, intermediate].map((each) => new RevocationList(each.revocationList()));
      return lists({
        trusted: [rootCertificate],
        issuers: [intermediateCertificate],
        revocationLists,
        ...part,
      });
    }

    it('is good through an intermediate from the folder, or from what the server sends', () => {
      expect(faults([issued], all())).toEqual([]);
      expect(faults([issued, intermediateCertificate], all({ issuers: [] }))).toEqual([]);
      expect(faults([issued, intermediateCertificate, rootCertificate], all({ issuers: [] }))).toEqual([]);
    });

    it('is not trusted for an authority that only the server sends, nor for an incomplete chain', () => {
      const chain = [issued, intermediateCertificate, rootCertificate];
      expect(faults(chain, all({ trusted: [], issuers: [] }))).toEqual(['E_OPCUA_UNTRUSTED is not trusted']);
      expect(faults([issued], all({ issuers: [] }))).toEqual(['E_OPCUA_UNTRUSTED is not trusted']);
      expect(faults([issued], all({ trusted: [] }))).toEqual(['E_OPCUA_UNTRUSTED is not trusted']);
    });

    it('is not trusted for an authority of the same name with another key', async () => {
      const other = new TestCertificates();
      const imposter = new X509Certificate((await other.authority('root')).certificate);
      await other.remove();
      expect(faults([issued], all({ trusted: [imposter] }))).toEqual(['E_OPCUA_UNTRUSTED is not trusted']);
    });

    it('needs a revocation list of each authority, a current one, unless that is allowed', () => {
      const [missing] = faults([issued], all({ revocationLists: [] }));
      const [outdated] = faults([issued], all(), { nowMs: Date.now() + 3650 * DAY_MS }).filter((text) =>
        text.includes('out of date'),
      );
      const decisions = new Map(
        [rootCertificate, intermediateCertificate].map((each) => [
          fingerprintOf(each),
          decision(['no-revocation-list']),
        ]),
      );
      expect(missing).toMatch(
        /^E_OPCUA_SECURITY may have been revoked: of CN=hall.* there is no revocation list/,
      );
      expect(outdated).toMatch(/^E_OPCUA_SECURITY may have been revoked/);
      expect(faults([issued], all({ revocationLists: [], decisions }))).toEqual([]);
    });

    it('is refused when it, or the authority between, was revoked', async () => {
      const der = (await intermediate.issue('saw')).der;
      const saw = new X509Certificate(der);
      expect(faults([saw], all())).toEqual([]);
      await intermediate.revoke(der);
      expect(faults([saw], all())[0]).toMatch(/^E_OPCUA_SECURITY was revoked by CN=hall/);
      expect(faults([issued], all())).toEqual([]);
    });

    it('is refused after the time of its authority', () => {
      const nowMs = Date.parse(rootCertificate.validTo) + DAY_MS;
      expect(
        faults([issued], all(), { nowMs }).some((text) =>
          text.includes('is signed by CN=root, which expired'),
        ),
      ).toBe(true);
    });

    it('is refused where a person rejected it alone', () => {
      const reject: Decision = { ...decision([]), action: 'reject' };
      const decisions = new Map([[fingerprintOf(issued), reject]]);
      expect(faults([issued], all({ decisions }))).toEqual(['E_OPCUA_UNTRUSTED was rejected']);
    });

    it('is not trusted for a certificate that may sign nothing', () => {
      expect(faults([issued], all({ trusted: [press] }))).toEqual(['E_OPCUA_UNTRUSTED is not trusted']);
    });
  });

  describe('host names', () => {
    it('takes one name of this machine for another on the loopback interface, and nowhere else', async () => {
      const file = await made.selfSigned('local', { dns: ['workstation'], ip: [] });
      const certificate = new X509Certificate(await readFile(file.certificateFile));
      for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '[::1]', 'workstation']) {
        expect(namesHost(certificate, host, 'workstation')).toBe(true);
      }
      expect(namesHost(certificate, '10.0.0.1', 'workstation')).toBe(false);
      expect(namesHost(certificate, 'localhost', 'another')).toBe(false);
      expect(namesHost(certificate, 'localhost.plant.example', 'workstation')).toBe(false);
    });

    it('never takes the common name for a host', () => {
      expect(namesHost(press, 'press', 'workstation')).toBe(false);
    });
  });

  it('is read from PEM and DER, alone and in a chain, and shown with what a person compares', () => {
    const chain = Buffer.concat([issued.raw, intermediateCertificate.raw]);
    expect(readCertificates(chain).map(({ subject }) => subject)).toEqual([
      issued.subject,
      intermediateCertificate.subject,
    ]);
    expect(readCertificates(Buffer.from(press.toString()))[0]?.raw.equals(press.raw)).toBe(true);
    expect(factsOf(press)).toMatchObject({
      sha256: press.fingerprint256.replaceAll(':', '').toLowerCase(),
      subject: 'CN=press',
      applicationUri: 'urn:test:press',
      hosts: ['press-1', 'press-1.plant.example', '10.1.2.3'],
      authority: false,
    });
  });

  it('is refused with a code when its bytes are cut off or changed', () => {
    fc.assert(
      fc.property(fc.nat({ max: press.raw.length - 1 }), (length) => {
        expect(() => readCertificates(press.raw.subarray(0, length))).toThrow('no X.509 certificate');
      }),
    );
  });

  it('is refused with a code when its dates are none, so that it stands in no list', () => {
    const changed = Buffer.from(press.raw);
    // The first UTCTime, its tag and length before it, is when it begins to be valid.
    const begin = changed.indexOf(Buffer.from([0x17, 13]));
    changed.write('269901000000Z', begin + 2, 'latin1');

    expect(Number.isNaN(Date.parse(new X509Certificate(changed).validFrom))).toBe(true);
    expect(() => readCertificates(changed)).toThrow(expect.objectContaining({ code: 'E_INVALID_INPUT' }));
  });

  it('is refused with a code when its key is of no known kind', () => {
    const changed = Buffer.from(press.raw);
    // The identifier of RSA keys, which stands once.
    const at = changed.indexOf(Buffer.from('2a864886f70d010101', 'hex'));
    changed[at + 8] = 0x77;

    expect(() => readCertificates(changed)).toThrow(expect.objectContaining({ code: 'E_INVALID_INPUT' }));
  });

  it('has a revocation list that is refused with a code when it is cut off, and unsigned when changed', () => {
    const der = root.revocationList();
    const pem = `-----BEGIN X509 CRL-----\n${der.toString('base64')}\n-----END X509 CRL-----\n`;
    expect(readRevocationLists(Buffer.from(pem))[0]?.isOf(rootCertificate.publicKey)).toBe(true);
    expect(new RevocationList(der).isOf(intermediateCertificate.publicKey)).toBe(false);
    fc.assert(
      fc.property(fc.nat({ max: der.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        expect(() => new RevocationList(der.subarray(0, at))).toThrow('revocation list');
        const changed = Buffer.from(der);
        changed[at] = (changed[at] ?? 0) ^ change;
        let list: RevocationList;
        try {
          list = new RevocationList(changed);
        } catch {
          return;
        }
        expect(list.isOf(rootCertificate.publicKey)).toBe(false);
      }),
    );
  });
});
