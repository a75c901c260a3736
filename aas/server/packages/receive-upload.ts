import type { Request, Response } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import { readMultipart } from '../http/multipart.ts';
import type { PackageFiles, SpooledFile } from './package-files.ts';

/** A file that a client sent, and what its form says besides. */
export interface Upload {
  readonly file: SpooledFile;
  readonly fileName: string;
  /** Field `aasIds`, as it was sent; one entry a field. */
  readonly aasIds: readonly string[];
}

const LONGEST_FIELD_BYTES = 256 * 1024;

/**
 * Takes in the file of a form (fields `file`, `fileName` and `aasIds` in any order) or of a bare body.
 * @throws CodedError `E_INVALID_INPUT`, `E_UPDATE_TOO_LARGE`
 */
export async function receiveUpload(
  request: Request,
  response: Response,
  files: PackageFiles,
  limitBytes: number,
): Promise<Upload> {
  // If this fails, what the caller still sends is not wanted.
  response.set('Connection', 'close');
  const upload = /^multipart\/form-data\b/i.test(request.get('content-type') ?? '')
    ? await receiveForm(request, files, limitBytes)
    : { file: await files.spool(request, limitBytes), fileName: 'package.aasx', aasIds: [] };
  response.removeHeader('Connection');
  return upload;
}

async function receiveForm(request: Request, files: PackageFiles, limitBytes: number): Promise<Upload> {
  let file: SpooledFile | undefined;
  let name: string | undefined;
  let partName: string | undefined;
  const aasIds: string[] = [];
  try {
    for await (const part of readMultipart(request, request.get('content-type'))) {
      if (part.name === 'file') {
        if (file !== undefined) throw new CodedError('E_INVALID_INPUT', 'the form has two fields "file"');
        file = await files.spool(part.content, limitBytes);
        partName = part.fileName;
      } else if (part.name === 'fileName') name = await readText(part.content);
      else if (part.name === 'aasIds') aasIds.push(await readText(part.content));
      // Other fields mean nothing here.
      else await readText(part.content);
    }
    if (file === undefined) throw new CodedError('E_INVALID_INPUT', 'the form has no field "file"');
    return { file, fileName: usableName(name ?? partName), aasIds };
  } catch (thrown) {
    if (file !== undefined) files.remove(file.name);
    throw thrown;
  }
}

function usableName(name: string | undefined): string {
  const last = name?.split(/[/\\]/).at(-1) ?? '';
  if (last === '') return 'package.aasx';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(last) || last.length > 255) {
    throw new CodedError('E_INVALID_INPUT', 'the fileName is not usable');
  }
  return last;
}

async function readText(content: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.length;
    if (bytes > LONGEST_FIELD_BYTES)
      throw new CodedError('E_INVALID_INPUT', 'a field of the form is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
