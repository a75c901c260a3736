import type { Request, Response } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import type { StoredFile } from '../../../runtime/file-store.ts';
import type { Attachment, AttachmentStore } from '../storage/attachment-store.ts';
import { readMultipart } from './multipart.ts';

const LONGEST_FILE_NAME_BYTES = 1024;

/**
 * Reads the form fields `file` and `fileName`, in any order, the file straight into the store. Belongs inside
 * `whileArriving`.
 * @throws CodedError `E_INVALID_INPUT`, `E_UPDATE_TOO_LARGE`
 */
export async function receiveFile(
  request: Request,
  response: Response,
  attachments: AttachmentStore,
  limitBytes: number,
): Promise<Attachment> {
  let file: (StoredFile & { contentType: string; partName: string | undefined }) | undefined;
  let fileName: string | undefined;
  // If this fails, what the caller still sends is not wanted.
  response.set('Connection', 'close');
  for await (const part of readMultipart(request, request.get('content-type'))) {
    if (part.name === 'file') {
      if (file !== undefined) throw new CodedError('E_INVALID_INPUT', 'the form has two fields "file"');
      const stored = await attachments.receive(part.content, limitBytes);
      file = {
        ...stored,
        contentType: part.contentType ?? 'application/octet-stream',
        partName: part.fileName,
      };
    } else if (part.name === 'fileName') fileName = await readText(part.content);
    else throw new CodedError('E_INVALID_INPUT', `the form has an unknown field "${part.name}"`);
  }
  response.removeHeader('Connection');
  if (file === undefined) throw new CodedError('E_INVALID_INPUT', 'the form has no field "file"');
  const { sha256, bytes, contentType, partName } = file;
  const name = (fileName ?? partName ?? '').split(/[/\\]/).at(-1) ?? '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (name === '' || /[\u0000-\u001f\u007f]/.test(name))
    throw new CodedError('E_INVALID_INPUT', 'the form has no usable fileName');
  return { fileName: name, contentType, sha256, bytes };
}

async function readText(content: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.length;
    if (bytes > LONGEST_FILE_NAME_BYTES) throw new CodedError('E_INVALID_INPUT', 'the fileName is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
