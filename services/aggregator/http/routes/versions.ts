import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express, { type Request, type Router } from 'express';
import { acceptStartFile } from '../../runs/accept-start-file.ts';
import { fileChunks } from '../../store/file-chunks.ts';
import { requireOperator, requireReader } from '../caller.ts';
import { parameter } from '../parameter.ts';
import type { Services } from '../services.ts';
import { bodyOf, sha256Of } from '../upload.ts';

/** Operations of the tag `versions`. */
export function versionRoutes({ api, store, maximumModelBytes }: Services): Router {
  const router = express.Router();
  router.get('/api/federations/:federationId/versions', requireReader, (request, response) => {
    response.json(api.versions(parameter(request, 'federationId')));
  });
  router.get('/api/federations/:federationId/versions/:number', requireReader, (request, response) => {
    response.json(
      api.version(parameter(request, 'federationId'), Number(parameter(request, 'number')), groupOf(request)),
    );
  });
  router.get(
    '/api/federations/:federationId/versions/:number/weights',
    requireReader,
    async (request, response) => {
      const federationId = parameter(request, 'federationId');
      const number = parameter(request, 'number');
      const { sha256, bytes } = api.version(federationId, Number(number), groupOf(request));
      // A version never changes, so what a reader has is what there is.
      response.set({ ETag: `"${sha256}"`, 'Cache-Control': 'private, max-age=31536000, immutable' });
      if (request.headers['if-none-match'] === `"${sha256}"`) {
        response.status(304).end();
        return;
      }
      response.set({ 'Content-Type': 'application/octet-stream', 'Content-Length': String(bytes) });
      await pipeline(Readable.from(fileChunks(store.versionFiles, sha256, bytes)), response);
    },
  );
  router.put('/api/federations/:federationId/start-file', requireOperator, async (request, response) => {
    const { federation } = api.federation(parameter(request, 'federationId'));
    const [sha256, body] = [sha256Of(request), bodyOf(request)];
    response.json(
      await acceptStartFile(store, { federation, sha256, body, maximumBytes: maximumModelBytes }),
    );
  });
  return router;
}

function groupOf(request: Request): string {
  const { group } = request.query;
  return typeof group === 'string' ? group : 'main';
}
