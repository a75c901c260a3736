import { fingerprintOf } from '../../connectors/opcua/certificate.ts';
import { certificateFaults, type TrustLists } from '../../connectors/opcua/certificate-faults.ts';
import { certificateFields } from '../../connectors/opcua/certificate-fields.ts';
import { type DerCertificate, derCertificate } from '../support/der-certificate.ts';

const NO_LIMIT = Number.POSITIVE_INFINITY;

describe('a certificate that is made too weakly, or for something else', () => {
  const root = derCertificate({ name: 'root', pathLength: NO_LIMIT });
  const sub = derCertificate({ name: 'sub', issuer: root, pathLength: 0 });

  /** What is said of the first of a chain, where some are trusted and no authority needs a list. */
  function texts(
    chain: readonly DerCertificate[],
    trusted: readonly DerCertificate[],
    applicationUri?: string,
  ): string[] {
    const certificates = chain.map(({ certificate }) => certificate);
    const approval = {
      action: 'approve',
      allow: ['no-revocation-list'],
      hosts: [],
      at: '2026-01-01T00:00:00.000Z',
      by: 'local',
    } as const;
    const all = [...certificates, ...trusted.map(({ certificate }) => certificate)];
    const lists: TrustLists = {
      trusted: trusted.map(({ certificate }) => certificate),
      issuers: [],
      revocationLists: [],
      decisions: new Map(all.filter(({ ca }) => ca).map((each) => [fingerprintOf(each), approval])),
    };
    const found = certificateFaults({
      chain: certificates,
      lists,
      host: 'press',
      applicationUri,
      localName: 'workstation',
      nowMs: Date.now(),
    });
    return found.map(({ code, text }) => `${code} ${text}`);
  }

  it('is refused with a signature of SHA-1 or MD5, whether it is trusted itself or for its authority', () => {
    const old = derCertificate({ name: 'old', hash: 'sha1' });
    const older = derCertificate({ name: 'older', hash: 'md5' });
    const issued = derCertificate({ name: 'issued', issuer: root, hash: 'sha1' });
    const sound = derCertificate({ name: 'sound', issuer: root });

    expect(texts([old], [old])).toEqual(['E_OPCUA_SECURITY is signed with SHA-1, which can be forged']);
    expect(texts([older], [older])).toEqual(['E_OPCUA_SECURITY is signed with MD5, which can be forged']);
    expect(texts([issued], [root])).toEqual(['E_OPCUA_SECURITY is signed with SHA-1, which can be forged']);
    expect(texts([sound], [root])).toEqual([]);
  });

  it('is refused for an authority with a key of less than 2,048 bits, or between two with a forgeable signature', () => {
    const small = derCertificate({ name: 'small', issuer: root, keyBits: 1024, pathLength: NO_LIMIT });
    const underSmall = derCertificate({ name: 'leaf', issuer: small });
    const forgeable = derCertificate({ name: 'forgeable', issuer: root, hash: 'sha1', pathLength: NO_LIMIT });
    const underForgeable = derCertificate({ name: 'leaf', issuer: forgeable });

    expect(texts([underSmall, small], [root])).toEqual([
      'E_OPCUA_SECURITY is signed by CN=small, which has a key of 1024 bits, less than 2048',
    ]);
    expect(texts([underSmall], [small])).toEqual([
      'E_OPCUA_SECURITY is signed by CN=small, which has a key of 1024 bits, less than 2048',
    ]);
    expect(texts([underForgeable, forgeable], [root])).toEqual([
      'E_OPCUA_SECURITY is signed by CN=forgeable, which is signed with SHA-1, which can be forged',
    ]);
    // Who is trusted itself needs no authority, and nobody signs for one that is trusted itself.
    expect(texts([underSmall, small], [underSmall])).toEqual([]);
    expect(texts([underForgeable], [forgeable])).toEqual([]);
  });

  it('is refused where an authority stands below one that may have none, or fewer', () => {
    const below = derCertificate({ name: 'below', issuer: sub, pathLength: NO_LIMIT });
    const underBelow = derCertificate({ name: 'leaf', issuer: below });
    const underSub = derCertificate({ name: 'leaf', issuer: sub });

    expect(certificateFields(sub.certificate)?.pathLength).toBe(0);
    expect(texts([underBelow, below], [sub])).toEqual([
      'E_OPCUA_SECURITY is signed by CN=sub, which allows no authority below it',
    ]);
    expect(texts([underBelow, below, sub], [root])).toHaveLength(1);
    expect(texts([underSub, sub], [root])).toEqual([]);
  });

  it('is refused where its extended key usage is not that of a server', () => {
    const client = derCertificate({ name: 'client', usages: ['client'] });
    const server = derCertificate({ name: 'server', usages: ['client', 'server'] });
    const any = derCertificate({ name: 'any', usages: ['any'] });

    expect(texts([client], [client])).toEqual([
      'E_OPCUA_SECURITY is made for other uses than that of a server (extended key usage 1.3.6.1.5.5.7.3.2)',
    ]);
    expect([...texts([server], [server]), ...texts([any], [any])]).toEqual([]);
  });

  it('is refused where it is made for another application than the endpoint says', () => {
    const press = derCertificate({ name: 'press', applicationUri: 'urn:plant:press' });
    const nameless = derCertificate({ name: 'nameless' });

    expect(texts([press], [press], 'urn:plant:press')).toEqual([]);
    expect(texts([press], [press])).toEqual([]);
    expect(texts([press], [press], 'urn:plant:mill')).toEqual([
      'E_OPCUA_SECURITY is made for urn:plant:press, not for urn:plant:mill, which answers',
    ]);
    expect(texts([nameless], [nameless], 'urn:plant:mill')).toEqual([
      'E_OPCUA_SECURITY is made for no application, not for urn:plant:mill, which answers',
    ]);
  });
});
