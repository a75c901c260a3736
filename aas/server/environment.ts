import type { Router } from 'express';
import type { Log } from '../../runtime/log.ts';
import type { Publication } from '../publication.ts';
import { applyPublication } from './apply-publication.ts';
import type { ChangeListener } from './changes/change-feed.ts';
import { type LoadedFile, loadPath } from './packages/load-path.ts';
import type { Validation } from './packages/refuse-violations.ts';
import { createRouter, type RouterOptions } from './routes/router.ts';
import { AasStorage } from './storage/aas-storage.ts';

interface EnvironmentOptions {
  /** Folder of the database and the attachments; it must have one owner. */
  readonly folder: string;
  readonly log: Log;
  /**
   * What happens to shells, submodels and concept descriptions whose structure is sound and that break other rules of
   * the metamodel: refused, or stored and listed by `fedshell aas check`. @defaultValue report
   */
  readonly validation?: Validation;
}

/** An embedded AAS environment: repositories of shells and submodels, their registries and discovery. */
export interface AasEnvironment {
  /** Publishes in one transaction; see `applyPublication`. */
  apply(publication: Publication): Promise<void>;
  /**
   * Loads an AASX, JSON or XML file, or those of a folder, each in one transaction. A file that was loaded before, with
   * the same content, is passed over: a start does not undo what has changed since.
   * @throws CodedError `E_INVALID_INPUT` with file, path and line, `E_AASX_REFUSED`, `E_FILE_NOT_FOUND`
   */
  load(path: string): Promise<readonly LoadedFile[]>;
  /** Serves the environment at the root of the router. */
  router(options?: RouterOptions): Router;
  /** Tells of every change once it is durable. @returns ends the subscription */
  onChange(listener: ChangeListener): () => void;
  /** Sets the address that all derived descriptors' hrefs start with. */
  setBaseUrl(baseUrl: string): void;
  close(): void;
}

/** Opens the environment of a folder, which is made if it is not there. */
export async function openEnvironment(options: EnvironmentOptions): Promise<AasEnvironment> {
  const storage = await AasStorage.open(options.folder, options.validation);
  const setBaseUrl = (baseUrl: string) => {
    storage.descriptors.baseUrl = baseUrl.replace(/\/+$/, '');
  };
  return {
    async apply(publication) {
      await applyPublication(storage, publication);
      if (publication.baseUrl !== undefined) setBaseUrl(publication.baseUrl);
    },
    load: (path) => loadPath(storage, path),
    router: (routerOptions = {}) => createRouter(storage, options.log, routerOptions),
    onChange: (listener) => storage.changes.subscribe(listener),
    setBaseUrl,
    close: () => storage.close(),
  };
}
