import { aggregatorClient, answered } from '../api/aggregator-client.ts';
import { answerCertificates } from './certificate-text.ts';
import { pkiFolderOf } from './pki-folder.ts';
import type { TrustOptions } from './trust-options.ts';

/** Lists the certificates of machines: of a PKI folder, or of all pools that an aggregator knows. */
export async function listTrust(options: TrustOptions): Promise<void> {
  if (options.api === true) {
    const query = options.pool === undefined ? {} : { pool: options.pool };
    const found = await answered(aggregatorClient(options).GET('/api/certificates', { params: { query } }));
    const certificates = found.map(({ certificate, ...rest }) => ({ ...certificate, ...rest }));
    return answerCertificates(options, certificates);
  }
  const { TrustFolder } = await import('../../connectors/opcua/trust-folder.ts');
  const { listCertificates } = await import('../../connectors/opcua/trust-decisions.ts');
  answerCertificates(options, await listCertificates(new TrustFolder(await pkiFolderOf(options))));
}
