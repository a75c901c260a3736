import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { CodedError } from '../../runtime/errors.ts';
import type { PublishedAttachment } from '../publication.ts';
import { type AasConnection, sendAas } from './aas-request.ts';

/**
 * Sends a file as the attachment of a File element, streamed, as `multipart/form-data` with the fields `fileName` and
 * `file` (IDTA-01002, PutFileByPath).
 * @param attachmentUrl `…/submodel-elements/PATH/attachment`.
 * @throws CodedError `E_FILE_NOT_FOUND`, `E_AAS_REQUEST`, `E_AAS_NOT_FOUND`
 */
export async function uploadAttachment(
  connection: AasConnection,
  attachmentUrl: string,
  file: Pick<PublishedAttachment, 'path' | 'fileName' | 'contentType'>,
): Promise<void> {
  const { size } = await stat(file.path).catch((cause: unknown) => {
    throw new CodedError('E_FILE_NOT_FOUND', `the file ${file.fileName} to publish is not there`, { cause });
  });
  const boundary = randomUUID();
  const field = (disposition: string, type: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\nContent-Type: ${type}\r\n\r\n`;
  const head = Buffer.from(
    `${field('name="fileName"', 'text/plain; charset=utf-8')}${file.fileName}\r\n` +
      field(`name="file"; filename="${quoted(file.fileName)}"`, file.contentType),
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const content = createReadStream(file.path);
  async function* body(): AsyncGenerator<Uint8Array> {
    yield head;
    yield* content as AsyncIterable<Uint8Array>; // A read stream without an encoding has chunks of bytes.
    yield tail;
  }
  try {
    await sendAas(connection, attachmentUrl, {
      method: 'PUT',
      stream: {
        contentType: `multipart/form-data; boundary=${boundary}`,
        bytes: head.byteLength + size + tail.byteLength,
        content: body(),
      },
    });
  } finally {
    content.destroy();
  }
}

/** As browsers write a file name into a form (HTML, multipart/form-data encoding algorithm). */
function quoted(fileName: string): string {
  return fileName.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
}
