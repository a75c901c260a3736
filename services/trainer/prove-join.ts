import { createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Schemas, TrainerFile } from '../../openapi/schemas.ts';
import { signedJoinText } from '../../openapi/signed-join-text.ts';
import { CodedError } from '../../runtime/errors.ts';

type JoinRequest = Omit<Schemas['JoinRequest'], 'token' | 'proof'>;

/**
 * Signs a join with the key of the trainer's certificate, in place of a join token.
 * @param aggregator URL of the one that is meant: the proof is worth nothing to another.
 * @throws CodedError `E_FILE_NOT_FOUND`, `E_INVALID_INPUT`
 */
export async function proveJoin(
  request: JoinRequest,
  { file, keyFile }: NonNullable<TrainerFile['certificate']>,
  aggregator: string,
): Promise<Schemas['JoinProof']> {
  const [certificatePem, keyPem] = await Promise.all([readPem(file), readPem(keyFile)]);
  const certificate = parsed(file, () => new X509Certificate(certificatePem));
  const key = parsed(keyFile, () => createPrivateKey(keyPem));
  if (!certificate.checkPrivateKey(key)) {
    throw new CodedError(
      'E_INVALID_INPUT',
      `the key in ${keyFile} is not that of the certificate in ${file}`,
    );
  }
  const audience = new URL(aggregator).host;
  const signedAt = new Date().toISOString();
  // The keys of Ed25519 and Ed448 have a hash of their own.
  const hash = key.asymmetricKeyType?.startsWith('ed') ? null : 'sha256';
  const text = signedJoinText({ ...request, audience, signedAt });
  return {
    certificate: certificate.raw.toString('base64'),
    audience,
    signedAt,
    signature: sign(hash, text, key).toString('base64'),
  };
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CodedError('E_FILE_NOT_FOUND', `${file}, which the trainer file names, cannot be read`, {
      cause,
    });
  }
}

function parsed<Value>(file: string, parse: () => Value): Value {
  try {
    return parse();
  } catch (cause) {
    throw new CodedError('E_INVALID_INPUT', `${file} is no PEM of what the trainer file says`, { cause });
  }
}
