import type { X509Certificate } from 'node:crypto';
import { hostname } from 'node:os';
import type { OPCUACertificateManager } from 'node-opcua-certificate-manager';
import { type OPCUAClientOptions, StatusCodes } from 'node-opcua-client';
import type { OpcuaSource } from '../../openapi/schemas.ts';
import { CodedError, toCodedError } from '../../runtime/errors.ts';
import { fingerprintOf, readCertificates } from './certificate.ts';
import { type CertificateFault, certificateFaults } from './certificate-faults.ts';
import type { Identity } from './identity.ts';
import { Pins } from './pins.ts';
import { addressOf, hostOf } from './trust-decisions.ts';

type CertificateStore = Exclude<
  NonNullable<OPCUAClientOptions['clientCertificateManager']>,
  OPCUACertificateManager
>;
type Certificate = Parameters<CertificateStore['checkCertificate']>[0];

interface TrustOptions {
  readonly identity: Identity;
  readonly endpointUrl: string;
  readonly rule: OpcuaSource['trust'];
}

/** Enough of a fingerprint to name a certificate in a command. */
const SHORT_FINGERPRINT_DIGITS = 16;

/**
 * Decides whether the certificate of one endpoint's server may be spoken to. The lists are read anew for each decision,
 * so that what a person decided meanwhile counts at once.
 */
export class Trust {
  readonly #options: TrustOptions;
  readonly #pins: Pins;
  #refusal: CodedError | undefined;
  /** Who the server said it is when its endpoints were last asked for. */
  #applicationUri: string | undefined;

  constructor(options: TrustOptions) {
    this.#options = options;
    this.#pins = new Pins(options.identity.folder);
  }

  /** Why the last certificate was refused, if it was. */
  get refusal(): CodedError | undefined {
    return this.#refusal;
  }

  /**
   * Returns if the server's certificate (DER, perhaps with its chain) may be spoken to by lists and rule. One that is
   * not trusted is put into rejected/, from where `fedshell trust approve` takes it.
   * @param applicationUri what the endpoint's description says; undefined where it does not say.
   * @throws CodedError `E_OPCUA_UNTRUSTED`, `E_OPCUA_EXPIRED`, `E_OPCUA_HOSTNAME`, or `E_OPCUA_SECURITY` for one that
   * is revoked, weak, made for something else, forged or unreadable; where several apply, the gravest.
   */
  async check(certificate: Buffer, applicationUri: string | undefined): Promise<void> {
    this.#applicationUri = applicationUri;
    try {
      await this.#options.identity.exclusively(() => this.#decide(certificate));
      this.#refusal = undefined;
    } catch (thrown) {
      this.#refusal = toCodedError(thrown);
      throw thrown;
    }
  }

  /** The form in which the library asks when it fetches a server's certificate anew on its own. */
  get store(): CertificateStore {
    const { certificates } = this.#options.identity;
    return {
      referenceCounter: 0,
      initialize: async () => undefined,
      dispose: async () => undefined,
      checkCertificate: async (certificate: Certificate) => {
        const chain = Array.isArray(certificate) ? Buffer.concat(certificate) : certificate;
        // It does not say which application's it is; a new link asks the server again.
        return this.check(chain, this.#applicationUri).then(
          () => StatusCodes.Good,
          () => StatusCodes.BadCertificateUntrusted,
        );
      },
      verifyCertificate: (certificate, options) => certificates.verifyCertificate(certificate, options),
      trustCertificate: (certificate) => certificates.trustCertificate(certificate),
      rejectCertificate: (certificate) => certificates.rejectCertificate(certificate),
      getTrustStatus: (certificate) => certificates.getTrustStatus(certificate),
      addIssuer: (certificate, validate, addInTrustList) =>
        certificates.addIssuer(certificate, validate, addInTrustList),
      addRevocationList: (list, target) => certificates.addRevocationList(list, target),
    };
  }

  async #decide(bytes: Buffer): Promise<void> {
    const { identity, endpointUrl, rule } = this.#options;
    const chain = readChain(bytes, endpointUrl);
    const lists = await identity.trust.lists();
    const host = hostOf(endpointUrl);
    const faults = certificateFaults({
      chain,
      lists,
      host,
      applicationUri: this.#applicationUri,
      localName: hostname(),
      nowMs: Date.now(),
    });
    const [certificate] = chain;
    const isNew = rule === 'first-use' && (await this.#firstUse(certificate, faults));
    if (isNew && faults.every(({ code }) => code === 'E_OPCUA_UNTRUSTED')) {
      if (faults.length > 0) await identity.trust.move(certificate, 'trusted');
      await this.#pins.set(endpointUrl, fingerprintOf(certificate));
    } else if (faults.length > 0) {
      return this.#refuse(certificate, faults);
    }
    await identity.trust.setRefusal(fingerprintOf(certificate), addressOf(endpointUrl), undefined);
  }

  /**
   * Whether the certificate is the first that the endpoint shows; or a later one that a person approved.
   * @throws CodedError `E_OPCUA_UNTRUSTED` for one that is trusted because another server showed it.
   */
  async #firstUse(certificate: X509Certificate, faults: CertificateFault[]): Promise<boolean> {
    const { endpointUrl } = this.#options;
    const fingerprint = fingerprintOf(certificate);
    const pinned = await this.#pins.get(endpointUrl);
    if (pinned === undefined) return !faults.some(({ rejected }) => rejected);
    const untrusted = faults.findIndex(({ code }) => code === 'E_OPCUA_UNTRUSTED');
    if (untrusted >= 0) {
      const text = pinned === fingerprint ? 'was withdrawn' : 'is another than the first it showed';
      faults[untrusted] = { code: 'E_OPCUA_UNTRUSTED', text };
      return false;
    }
    if (pinned === fingerprint) return false;
    if (await this.#pins.isPinnedElsewhere(endpointUrl, fingerprint)) {
      const text = `is that of another server (if it is right so, delete ${this.#pins.file(endpointUrl)})`;
      faults.push({ code: 'E_OPCUA_UNTRUSTED', text });
      return false;
    }
    return true;
  }

  async #refuse(certificate: X509Certificate, faults: readonly CertificateFault[]): Promise<never> {
    const { identity, endpointUrl } = this.#options;
    const { trust } = identity;
    const fingerprint = fingerprintOf(certificate);
    const codes = [...new Set(faults.map(({ code }) => code))];
    const reason = faults.map(({ text }) => text).join(', and ');
    const rejectedFile = await trust.keepRefused(certificate, {
      endpoint: addressOf(endpointUrl),
      codes,
      reason: reason.slice(0, 1000),
      at: new Date().toISOString(),
    });
    const trustedFolder = trust.path('trusted');
    throw new CodedError(
      faults[0]?.code ?? 'E_OPCUA_SECURITY',
      `the certificate of ${addressOf(endpointUrl)} ${reason}: SHA-256 ${fingerprint}${remedyOf(codes, fingerprint)}`,
      {
        details: {
          fingerprint,
          codes,
          ...(rejectedFile === undefined ? {} : { rejectedFile }),
          trustedFolder,
        },
      },
    );
  }
}

/** What a person can do; nothing makes a revoked or forged certificate good. */
function remedyOf(codes: readonly string[], fingerprint: string): string {
  if (codes.includes('E_OPCUA_SECURITY')) return '';
  const allow = [
    ...(codes.includes('E_OPCUA_EXPIRED') ? ['expired'] : []),
    ...(codes.includes('E_OPCUA_HOSTNAME') ? ['hostname'] : []),
  ];
  const options = allow.length === 0 ? '' : ` --allow ${allow.join(' ')}`;
  const short = fingerprint.slice(0, SHORT_FINGERPRINT_DIGITS);
  return `. Compare it with the server's own; to approve it: fedshell trust approve ${short}${options}`;
}

/** @throws CodedError `E_OPCUA_SECURITY` */
function readChain(bytes: Buffer, endpointUrl: string): [X509Certificate, ...X509Certificate[]] {
  try {
    const [certificate, ...issuers] = readCertificates(bytes);
    if (certificate !== undefined) return [certificate, ...issuers];
  } catch (cause) {
    throw new CodedError('E_OPCUA_SECURITY', `${addressOf(endpointUrl)} shows no readable certificate`, {
      cause,
    });
  }
  throw new CodedError('E_OPCUA_SECURITY', `${addressOf(endpointUrl)} shows no certificate`);
}
