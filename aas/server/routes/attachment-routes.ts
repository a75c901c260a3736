import type { Request, Response } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import type { StoredFile } from '../../../runtime/file-store.ts';
import { readMultipart } from '../http/multipart.ts';
import { identifier, pathValue } from '../http/request-values.ts';
import type { RouteTable } from '../http/route-table.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import { parseRow } from '../storage/element-rows.ts';

const LONGEST_FILE_NAME_BYTES = 1024;

/** The file behind a File element. */
export function attachmentRoutes(storage: AasStorage, limitBytes: number): RouteTable {
  const { attachments, elements } = storage;
  /** @throws CodedError `E_AAS_NOT_FOUND`, `E_AAS_WRONG_METHOD` for an element that is no File. */
  const fileElement = (request: Request) => {
    const submodel = storage.submodels.require(identifier(request, 'submodelIdentifier'));
    const path = pathValue(request, 'idShortPath');
    const element = parseRow(elements.requireRow(submodel, path));
    if (element['modelType'] !== 'File') {
      throw new CodedError(
        'E_AAS_WRONG_METHOD',
        `${path} is a ${String(element['modelType'])}, only a File has an attachment`,
      );
    }
    return { submodel, path, element };
  };
  return {
    '/submodel-elements/:idShortPath/attachment': {
      get: (request, response, next) => {
        const { submodel, path } = fileElement(request);
        const attachment = attachments.get(submodel, path);
        if (attachment === undefined) throw new CodedError('E_AAS_NOT_FOUND', `${path} has no attachment`);
        response.set({
          ETag: `"${attachment.sha256}"`,
          'Content-Disposition': contentDisposition(attachment.fileName),
          'Content-Type': 'application/octet-stream',
          'X-Content-Type-Options': 'nosniff',
        });
        const options = { root: attachments.folder, etag: false, lastModified: false, cacheControl: false };
        response.sendFile(attachment.sha256, options, (error: Error | undefined) => {
          if (error === undefined) return;
          // A caller that went away ends its answer itself.
          if (response.headersSent) response.destroy();
          else next(error);
        });
      },
      put: async (request, response) => {
        fileElement(request);
        await attachments.whileArriving(async () => {
          const upload = await receive(request, response, storage, limitBytes);
          storage.write(() => {
            // Looked up again: the element may have changed while the file arrived.
            const { submodel, path, element } = fileElement(request);
            const { fileName, contentType } = upload;
            const value = `/aasx/files/${encodeURIComponent(fileName)}`;
            elements.replaceOwn(submodel, path, { ...element, contentType, value });
            attachments.put(submodel, path, upload);
          });
        });
        response.status(204).end();
      },
      delete: (request, response) => {
        storage.write(() => {
          const { submodel, path, element } = fileElement(request);
          if (!attachments.remove(submodel, path))
            throw new CodedError('E_AAS_NOT_FOUND', `${path} has no attachment`);
          const { value: _value, ...rest } = element;
          elements.replaceOwn(submodel, path, rest);
        });
        // The specification has 200 here, and 204 for the thumbnail.
        response.status(200).end();
      },
    },
  };
}

/** Reads the form fields `file` and `fileName`, in any order, the file straight into the store. */
async function receive(request: Request, response: Response, storage: AasStorage, limitBytes: number) {
  let file: (StoredFile & { contentType: string; partName: string | undefined }) | undefined;
  let fileName: string | undefined;
  // If this fails, what the caller still sends is not wanted.
  response.set('Connection', 'close');
  for await (const part of readMultipart(request, request.get('content-type'))) {
    if (part.name === 'file') {
      if (file !== undefined) throw new CodedError('E_INVALID_INPUT', 'the form has two fields "file"');
      const stored = await storage.attachments.receive(part.content, limitBytes);
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

/** As RFC 6266 writes a name that may have any character. */
function contentDisposition(fileName: string): string {
  const ascii = fileName.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(fileName).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
