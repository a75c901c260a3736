import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type UserIdentityInfo, UserTokenType } from 'node-opcua-client';
import type { OpcuaSource } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { readSecret, type SecretSource } from '../../runtime/read-secret.ts';
import { readCertificates } from './certificate.ts';

/**
 * Who logs in at a server. Password, certificate and key are read at each login, so that new ones count without a
 * restart; nothing keeps them.
 * @throws CodedError `E_FILE_NOT_FOUND`, `E_INVALID_INPUT`
 */
export async function userIdentity(user: OpcuaSource['user']): Promise<UserIdentityInfo> {
  if (user === undefined) return { type: UserTokenType.Anonymous };
  const { name, password, certificate, key } = user;
  if (name !== undefined && password !== undefined) {
    return { type: UserTokenType.UserName, userName: name, password: await readSecret(password) };
  }
  if (certificate === undefined || key === undefined) {
    throw new CodedError('E_INVALID_INPUT', 'a user has a name with a password, or a certificate with a key');
  }
  const [userCertificate] = readCertificates(await readBytes(certificate));
  const privateKey = await readSecret(key);
  if (userCertificate === undefined || !userCertificate.checkPrivateKey(parsedKey(privateKey))) {
    throw new CodedError('E_INVALID_INPUT', "the user's key is not that of the user's certificate");
  }
  return { type: UserTokenType.Certificate, certificateData: userCertificate.raw, privateKey };
}

/** The certificate as bytes: PEM is the same as text, DER is not. */
async function readBytes(source: SecretSource): Promise<Buffer> {
  if ('environment' in source) return Buffer.from(await readSecret(source));
  try {
    return await readFile(source.file);
  } catch (cause) {
    throw new CodedError('E_FILE_NOT_FOUND', `the user's certificate ${source.file} cannot be read`, {
      cause,
    });
  }
}

function parsedKey(pem: string) {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new CodedError('E_INVALID_INPUT', "the user's key is no private key in PEM without a passphrase", {
      cause,
    });
  }
}
