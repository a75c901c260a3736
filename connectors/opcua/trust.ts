import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { OPCUACertificateManager } from 'node-opcua-certificate-manager';
import { type OPCUAClientOptions, StatusCodes } from 'node-opcua-client';
import type { OpcuaSource } from '../../openapi/schemas.ts';
import { CodedError, toCodedError } from '../../runtime/errors.ts';
import type { Identity } from './identity.ts';
import { Pins } from './pins.ts';

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

/** Decides whether the certificate of one endpoint's server may be spoken to. */
export class Trust {
  readonly #options: TrustOptions;
  readonly #pins: Pins;
  #refusal: CodedError | undefined;

  constructor(options: TrustOptions) {
    this.#options = options;
    this.#pins = new Pins(options.identity.folder);
  }

  /** Why the last certificate was refused, if it was. */
  get refusal(): CodedError | undefined {
    return this.#refusal;
  }

  /**
   * Returns if the server's certificate (DER, perhaps with its chain) is trusted by the rule; a refused one is put into
   * rejected/, where moving it to trusted/certs/ approves it.
   * @throws CodedError `E_OPCUA_SECURITY`
   */
  async check(certificate: Buffer): Promise<void> {
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
        return this.check(chain).then(
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

  async #decide(certificate: Buffer): Promise<void> {
    const { certificates } = this.#options.identity;
    const { endpointUrl, rule } = this.#options;
    const fingerprint = createHash('sha256').update(certificate).digest('hex');
    // A person may have moved files since.
    await certificates.reloadCertificates();
    const status = await certificates.verifyCertificate(certificate, {
      acceptCertificateWithValidIssuerChain: true,
    });
    if (status !== 'Good' && status !== 'BadCertificateUntrusted') {
      throw new CodedError(
        'E_OPCUA_SECURITY',
        `the certificate of ${endpointUrl} cannot be accepted: ${status} (SHA-256 ${fingerprint})`,
        { details: { fingerprint, status } },
      );
    }
    if (rule === 'listed') {
      if (status === 'Good') return;
      return this.#refuse(certificate, fingerprint, 'is not trusted');
    }
    const pinned = await this.#pins.get(endpointUrl);
    if (pinned === undefined) {
      if (status !== 'Good') await certificates.trustCertificate(certificate);
      return this.#pins.set(endpointUrl, fingerprint);
    }
    if (status !== 'Good') {
      const why = pinned === fingerprint ? 'was withdrawn' : 'is another than the first it showed';
      return this.#refuse(certificate, fingerprint, why);
    }
    if (pinned === fingerprint) return;
    // Trusted, yet not the first: approved by a person, unless it is there because another server showed it.
    if (await this.#pins.isPinnedElsewhere(endpointUrl, fingerprint)) {
      throw new CodedError(
        'E_OPCUA_SECURITY',
        `${endpointUrl} shows the certificate of another server (SHA-256 ${fingerprint}); if that is right, ` +
          `delete ${this.#pins.file(endpointUrl)}`,
        { details: { fingerprint } },
      );
    }
    await this.#pins.set(endpointUrl, fingerprint);
  }

  async #refuse(certificate: Buffer, fingerprint: string, why: string): Promise<never> {
    const { certificates } = this.#options.identity;
    await certificates.rejectCertificate(certificate);
    const thumbprint = createHash('sha1').update(certificate).digest('hex');
    const names = await readdir(certificates.rejectedFolder);
    const name = names.find((candidate) => candidate.toLowerCase().includes(thumbprint));
    const rejectedFile = join(certificates.rejectedFolder, name ?? '');
    throw new CodedError(
      'E_OPCUA_SECURITY',
      `the certificate of ${this.#options.endpointUrl} ${why}: SHA-256 ${fingerprint}. Compare it with the ` +
        `server's own; to approve it, move ${rejectedFile} to ${certificates.trustedFolder}`,
      { details: { fingerprint, rejectedFile, trustedFolder: certificates.trustedFolder } },
    );
  }
}
