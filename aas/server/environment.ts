import type { Router } from 'express';
import type { Log } from '../../runtime/log.ts';
import type { Publication } from '../publication.ts';
import { applyPublication } from './apply-publication.ts';
import { createRouter, type RouterOptions } from './routes/router.ts';
import { AasStorage } from './storage/aas-storage.ts';

interface EnvironmentOptions {
  /** Folder of the database and the attachments; it must have one owner. */
  readonly folder: string;
  readonly log: Log;
}

/** An embedded AAS environment: repositories of shells and submodels, their registries and discovery. */
export interface AasEnvironment {
  /** Publishes in one transaction; see `applyPublication`. */
  apply(publication: Publication): Promise<void>;
  /** Serves the environment at the root of the router. */
  router(options?: RouterOptions): Router;
  /** Sets the address that all derived descriptors' hrefs start with. */
  setBaseUrl(baseUrl: string): void;
  close(): void;
}

/** Opens the environment of a folder, which is made if it is not there. */
export async function openEnvironment(options: EnvironmentOptions): Promise<AasEnvironment> {
  const storage = await AasStorage.open(options.folder);
  const setBaseUrl = (baseUrl: string) => {
    storage.descriptors.baseUrl = baseUrl.replace(/\/+$/, '');
  };
  return {
    async apply(publication) {
      await applyPublication(storage, publication);
      if (publication.baseUrl !== undefined) setBaseUrl(publication.baseUrl);
    },
    router: (routerOptions = {}) => createRouter(storage, options.log, routerOptions),
    setBaseUrl,
    close: () => storage.close(),
  };
}
