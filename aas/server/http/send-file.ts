import type { NextFunction, Response } from 'express';
import type { Attachment, AttachmentStore } from '../storage/attachment-store.ts';
import { contentDisposition } from './content-disposition.ts';
import { streamFile } from './stream-file.ts';

/** What asks for less than the whole file. */
const CONDITIONS = ['range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'];

/** Sends a stored file, or the part of it that `Range` asks for. It is a download: no browser shows it as a page. */
export function sendFile(
  response: Response,
  next: NextFunction,
  attachments: AttachmentStore,
  file: Attachment,
  contentType = 'application/octet-stream',
): void {
  response.set({
    ETag: `"${file.sha256}"`,
    'Content-Disposition': contentDisposition(file.fileName),
    'Content-Type': contentType,
    'X-Content-Type-Options': 'nosniff',
  });
  const { method, headers } = response.req;
  if (method === 'GET' && CONDITIONS.every((condition) => headers[condition] === undefined)) {
    streamFile(response, attachments.path(file.sha256)).catch((thrown: unknown) => {
      // A caller that went away ends its answer itself.
      if (response.headersSent) response.destroy();
      else next(thrown);
    });
    return;
  }
  const options = { root: attachments.folder, etag: false, lastModified: false, cacheControl: false };
  response.sendFile(file.sha256, options, (error: Error | undefined) => {
    if (error === undefined) return;
    // A caller that went away ends its answer itself.
    if (response.headersSent) response.destroy();
    else next(error);
  });
}
