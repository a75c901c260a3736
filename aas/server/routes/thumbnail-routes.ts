import type { Request } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import type { JsonObject } from '../../model.ts';
import { checkFilePrecondition } from '../http/etag.ts';
import { receiveFile } from '../http/receive-file.ts';
import { identifier } from '../http/request-values.ts';
import type { RouteTable } from '../http/route-table.ts';
import { sendFile } from '../http/send-file.ts';
import type { AasStorage } from '../storage/aas-storage.ts';

/** A page may show these as pictures; SVG is left out, as it may hold scripts. */
const PICTURES = /^image\/(png|jpeg|gif|webp|bmp|avif)$/;

/** The picture of one shell's asset. */
export function thumbnailRoutes(storage: AasStorage, limitBytes: number): RouteTable {
  const { attachments, shells, thumbnails } = storage;
  const shellOf = (request: Request) => {
    const id = identifier(request, 'aasIdentifier');
    const seq = shells.require(id);
    return { seq, shell: shells.get(id) ?? {} };
  };
  /** Stores a shell with another thumbnail in its asset information; undefined takes it out. */
  const putThumbnail = (shell: JsonObject, defaultThumbnail: JsonObject | undefined) => {
    // Checked on the way in: a shell has assetInformation.
    const { defaultThumbnail: _old, ...asset } = shell['assetInformation'] as JsonObject;
    const assetInformation = defaultThumbnail === undefined ? asset : { ...asset, defaultThumbnail };
    storage.putShell({ ...shell, assetInformation }, 'attachment');
  };
  return {
    '/asset-information/thumbnail': {
      get: (request, response, next) => {
        const thumbnail = thumbnails.get(shellOf(request).seq);
        if (thumbnail === undefined) throw new CodedError('E_AAS_NOT_FOUND', 'the shell has no thumbnail');
        const { contentType } = thumbnail;
        const shown = PICTURES.test(contentType) ? contentType : 'application/octet-stream';
        sendFile(response, next, attachments, thumbnail, shown);
      },
      put: async (request, response) => {
        shellOf(request);
        await attachments.whileArriving(async () => {
          const upload = await receiveFile(request, response, attachments, limitBytes);
          await storage.writeTogether(() => {
            // Looked up again: the shell may have changed while the file arrived.
            const { seq, shell } = shellOf(request);
            checkFilePrecondition(request, () => thumbnails.get(seq)?.sha256);
            const { fileName, contentType } = upload;
            putThumbnail(shell, { path: `/aasx/files/${encodeURIComponent(fileName)}`, contentType });
            thumbnails.put(seq, upload);
          });
        });
        response.status(204).end();
      },
      delete: async (request, response) => {
        await storage.writeTogether(() => {
          const { seq, shell } = shellOf(request);
          checkFilePrecondition(request, () => thumbnails.get(seq)?.sha256);
          if (!thumbnails.remove(seq)) throw new CodedError('E_AAS_NOT_FOUND', 'the shell has no thumbnail');
          putThumbnail(shell, undefined);
        });
        response.status(204).end();
      },
    },
  };
}
