import { createHash } from 'node:crypto';
import { CodedError } from '../../runtime/errors.ts';
import { type AasConnection, sendAasRequest, unreachable } from './aas-request.ts';

/** A file as it arrives. */
export interface DownloadedAttachment {
  /** As the server names it; undefined if it does not. */
  readonly fileName: string | undefined;
  /** To be read once, to its end. @throws CodedError `E_AAS_REQUEST` if it breaks off */
  readonly content: AsyncIterable<Uint8Array>;
  /** 64 hex digits, once the content has been read to its end. @throws RangeError before */
  sha256(): string;
}

/**
 * Downloads the attachment of a File element as a stream.
 * @param attachmentUrl `…/submodel-elements/PATH/attachment`.
 * @throws CodedError `E_AAS_NOT_FOUND`, `E_AAS_REQUEST`
 */
export async function downloadAttachment(
  connection: AasConnection,
  attachmentUrl: string,
): Promise<DownloadedAttachment> {
  const answer = await sendAasRequest(connection, attachmentUrl, { headers: { accept: '*/*' } });
  const hash = createHash('sha256');
  let digest: string | undefined;
  async function* content(): AsyncGenerator<Uint8Array> {
    try {
      for await (const bytes of answer.body.parts()) {
        hash.update(bytes);
        yield bytes;
        answer.keepAlive();
      }
      digest = hash.digest('hex');
    } catch (thrown) {
      throw thrown instanceof CodedError ? thrown : unreachable(attachmentUrl, thrown);
    } finally {
      answer.end();
    }
  }
  return {
    fileName: fileNameOf(answer.headers.get('content-disposition')),
    content: content(),
    sha256() {
      if (digest === undefined) throw new RangeError('the content has not been read to its end');
      return digest;
    },
  };
}

/** RFC 6266: the extended name goes before the plain one. */
function fileNameOf(disposition: string | null): string | undefined {
  const extended = /filename\*=UTF-8''([^;\s]+)/i.exec(disposition ?? '')?.[1];
  if (extended !== undefined) {
    try {
      return decodeURIComponent(extended);
    } catch {
      // A name that is not well-formed is no name.
    }
  }
  return /filename="([^"]*)"/i.exec(disposition ?? '')?.[1];
}
