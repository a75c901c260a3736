import type { Request } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import { checkFilePrecondition } from '../http/etag.ts';
import { receiveFile } from '../http/receive-file.ts';
import { identifier, pathValue } from '../http/request-values.ts';
import type { RouteTable } from '../http/route-table.ts';
import { sendFile } from '../http/send-file.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import { parseRow } from '../storage/element-rows.ts';

/** The file behind a File element. */
export function attachmentRoutes(storage: AasStorage, limitBytes: number): RouteTable {
  const { attachments, elements, changes } = storage;
  /** @throws CodedError `E_AAS_NOT_FOUND`, `E_AAS_WRONG_METHOD` for an element that is no File. */
  const fileElement = (request: Request) => {
    const id = identifier(request, 'submodelIdentifier');
    const submodel = storage.submodels.require(id);
    const path = pathValue(request, 'idShortPath');
    const element = parseRow(elements.requireRow(submodel, path));
    if (element['modelType'] !== 'File') {
      throw new CodedError(
        'E_AAS_WRONG_METHOD',
        `${path} is a ${String(element['modelType'])}, only a File has an attachment`,
      );
    }
    return { id, submodel, path, element };
  };
  const note = (id: string, path: string) => {
    changes.note({ kind: 'updated', cause: 'attachment', thing: 'element', id, idShortPath: path });
  };
  return {
    '/submodel-elements/:idShortPath/attachment': {
      get: (request, response, next) => {
        const { submodel, path } = fileElement(request);
        const attachment = attachments.get(submodel, path);
        if (attachment === undefined) throw new CodedError('E_AAS_NOT_FOUND', `${path} has no attachment`);
        sendFile(response, next, attachments, attachment);
      },
      put: async (request, response) => {
        fileElement(request);
        await attachments.whileArriving(async () => {
          const upload = await receiveFile(request, response, attachments, limitBytes);
          await storage.writeTogether(() => {
            // Looked up again: the element may have changed while the file arrived.
            const { id, submodel, path, element } = fileElement(request);
            checkFilePrecondition(request, () => attachments.get(submodel, path)?.sha256);
            const { fileName, contentType } = upload;
            const value = `/aasx/files/${encodeURIComponent(fileName)}`;
            elements.replaceOwn(submodel, path, { ...element, contentType, value });
            attachments.put(submodel, path, upload);
            note(id, path);
          });
        });
        response.status(204).end();
      },
      delete: async (request, response) => {
        await storage.writeTogether(() => {
          const { id, submodel, path, element } = fileElement(request);
          checkFilePrecondition(request, () => attachments.get(submodel, path)?.sha256);
          if (!attachments.remove(submodel, path))
            throw new CodedError('E_AAS_NOT_FOUND', `${path} has no attachment`);
          const { value: _value, ...rest } = element;
          elements.replaceOwn(submodel, path, rest);
          note(id, path);
        });
        // The specification has 200 here, and 204 for the thumbnail.
        response.status(200).end();
      },
    },
  };
}
