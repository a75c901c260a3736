import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import { AASX_CONTENT_TYPES } from '../../aasx/aasx-names.ts';
import { decodeIdentifier, encodeIdentifier } from '../../identifier-encoding.ts';
import { contentDisposition } from '../http/content-disposition.ts';
import { type PageLimits, pageBody, pageRequest } from '../http/paging.ts';
import { locationBelow, pathValue, queryValues } from '../http/request-values.ts';
import type { RouteTable } from '../http/route-table.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import { importEnvironment } from './import-environment.ts';
import { packageLimits } from './package-limits.ts';
import { receiveUpload, type Upload } from './receive-upload.ts';

/**
 * The AASX file server. A package that is stored is loaded as well: its shells and submodels appear in the
 * repositories, in the same transaction. One that is taken out leaves them there.
 */
export function packageRoutes(storage: AasStorage, limits: PageLimits, limitBytes: number): RouteTable {
  const { packages } = storage;
  const packageId = (request: Request) => decodeIdentifier(pathValue(request, 'packageId'));

  /** Takes in a package and stores it under the id that `idOf` gives, asked again when the package has arrived. */
  const store = async (request: Request, response: Response, idOf: (upload: Upload) => string) => {
    const upload = await receiveUpload(request, response, packages.files, limitBytes);
    const { file, fileName } = upload;
    try {
      // The zip reader is loaded only where there is a package.
      const { openAasx } = await import('../../aasx/read-aasx.ts');
      const aasx = await openAasx(file.path, packageLimits(limitBytes));
      try {
        let id = '';
        let replaced: string | undefined;
        const aasIds = shellIds(upload.aasIds, aasx.environment.assetAdministrationShells ?? []);
        await importEnvironment(
          storage,
          { environment: aasx.environment, aasx },
          {
            attachmentLimitBytes: limitBytes,
            together: () => {
              id = idOf(upload);
              replaced = packages.find(id)?.file;
              packages.put(id, fileName, file, aasIds);
            },
          },
        );
        if (replaced !== undefined) packages.files.remove(replaced);
        return { id, created: replaced === undefined };
      } finally {
        aasx.close();
      }
    } catch (thrown) {
      packages.files.remove(file.name);
      throw thrown;
    }
  };

  return {
    '/packages': {
      get: (request, response) => {
        const aasIds = [...queryValues(request, 'aasId'), ...queryValues(request, 'aasIds')]
          .flatMap((value) => value.split(','))
          .map(decodeIdentifier);
        response.json(pageBody(packages.list(pageRequest(request, limits), aasIds)));
      },
      post: async (request, response) => {
        const { id } = await store(request, response, ({ file }) => {
          const same = packages.findContent(file.sha256);
          if (same !== undefined) {
            throw new CodedError('E_ALREADY_EXISTS', `the package is stored already, as ${same.id}`);
          }
          return randomUUID();
        });
        response
          .status(201)
          .location(locationBelow(request, encodeIdentifier(id)))
          .json(packages.describe(id));
      },
    },
    '/packages/:packageId': {
      get: (request, response, next) => {
        const { file, fileName, sha256 } = packages.require(packageId(request));
        response.set({
          ETag: `"${sha256}"`,
          'Content-Type': AASX_CONTENT_TYPES[0],
          'Content-Disposition': contentDisposition(fileName),
          'X-FileName': encodeURIComponent(fileName),
          'X-Content-Type-Options': 'nosniff',
        });
        const options = {
          root: packages.files.folder,
          etag: false,
          lastModified: false,
          cacheControl: false,
        };
        response.sendFile(file, options, (error: Error | undefined) => {
          if (error === undefined) return;
          // A caller that went away ends its answer itself.
          if (response.headersSent) response.destroy();
          else next(error);
        });
      },
      put: async (request, response) => {
        const { id, created } = await store(request, response, () => packageId(request));
        if (created) response.status(201).location(request.originalUrl).json(packages.describe(id));
        else response.status(204).end();
      },
      delete: (request, response) => {
        const id = packageId(request);
        const { file } = packages.require(id);
        storage.write(() => packages.remove(id));
        packages.files.remove(file);
        response.status(204).end();
      },
    },
  };
}

/** Ids of the shells in a package: as the client says, else as the package does. Clients join them by commas. */
function shellIds(given: readonly string[], shells: readonly { readonly id?: unknown }[]): readonly string[] {
  const inside = shells.map(({ id }) => String(id));
  const named = given
    .flatMap((value) => (inside.includes(value) ? [value] : value.split(',')))
    .filter((id) => id !== '');
  return named.length > 0 ? named : inside;
}
