import { Readable } from 'node:stream';
import { queryValue } from '../http/request-values.ts';
import type { RouteTable } from '../http/route-table.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import { importEnvironment } from './import-environment.ts';
import { openEnvironmentFile } from './open-environment-file.ts';
import { packageLimits } from './package-limits.ts';
import { receiveUpload } from './receive-upload.ts';

/** `/upload`: an AASX, JSON or XML file into the repositories, as BaSyx and its UI have it. */
export function uploadRoutes(storage: AasStorage, limitBytes: number): RouteTable {
  const { files } = storage.packages;
  return {
    '/upload': {
      post: async (request, response) => {
        // A body of JSON has been read before the routes.
        const body: unknown = request.body;
        const file =
          body === undefined
            ? (await receiveUpload(request, response, files, limitBytes)).file
            : await files.spool(Readable.from([Buffer.from(JSON.stringify(body))]), limitBytes);
        try {
          const opened = await openEnvironmentFile(file.path, packageLimits(limitBytes));
          try {
            const summary = await importEnvironment(storage, opened, {
              attachmentLimitBytes: limitBytes,
              keepExisting: queryValue(request, 'ignore-duplicates') === 'true',
            });
            response.json({ success: true, ...summary });
          } finally {
            opened.close();
          }
        } finally {
          files.remove(file.name);
        }
      },
    },
  };
}
