import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express, { type Request, type Response, type Router } from 'express';
import { CodedError } from '../../../../runtime/errors.ts';
import type { StoredFile } from '../../../../runtime/file-store.ts';
import { acceptStartFile } from '../../runs/accept-start-file.ts';
import { fileChunks } from '../../store/file-chunks.ts';
import { requireOperator, requireReader } from '../caller.ts';
import { parameter } from '../parameter.ts';
import type { Services } from '../services.ts';
import { bodyOf, sha256Of } from '../upload.ts';

/** Operations of the tag `versions`. */
export function versionRoutes({ api, store, maximumModelBytes, uploadStallMs }: Services): Router {
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
      await sendFile(store, api.version(federationId, Number(number), groupOf(request)), request, response);
    },
  );
  router.get(
    '/api/federations/:federationId/versions/:number/strategy-state',
    requireReader,
    async (request, response) => {
      const version = api.version(
        parameter(request, 'federationId'),
        Number(parameter(request, 'number')),
        groupOf(request),
      );
      const state = store.strategyStates.get(version);
      if (state === undefined) {
        const message = `the strategy keeps nothing beside version ${version.number} of group ${version.group}`;
        throw new CodedError('E_NOT_FOUND', message);
      }
      await sendFile(store, state, request, response);
    },
  );
  router.put('/api/federations/:federationId/start-file', requireOperator, async (request, response) => {
    const { federation } = api.federation(parameter(request, 'federationId'));
    const [sha256, body] = [sha256Of(request), bodyOf(request, uploadStallMs)];
    response.json(
      await acceptStartFile(store, { federation, sha256, body, maximumBytes: maximumModelBytes }),
    );
  });
  return router;
}

async function sendFile(
  { versionFiles }: Services['store'],
  { sha256, bytes }: StoredFile,
  request: Request,
  response: Response,
): Promise<void> {
  // A version never changes, so what a reader has is what there is.
  response.set({ ETag: `"${sha256}"`, 'Cache-Control': 'private, max-age=31536000, immutable' });
  if (request.headers['if-none-match'] === `"${sha256}"`) {
    response.status(304).end();
    return;
  }
  response.set({ 'Content-Type': 'application/octet-stream', 'Content-Length': String(bytes) });
  await pipeline(Readable.from(fileChunks(versionFiles, sha256, bytes)), response);
}

function groupOf(request: Request): string {
  const { group } = request.query;
  return typeof group === 'string' ? group : 'main';
}
