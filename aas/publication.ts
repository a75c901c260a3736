import type { Shell, Submodel } from './model.ts';

/** The file behind a File element. */
export interface PublishedAttachment {
  readonly submodelId: string;
  /** Path of the File element, which must be part of the stored submodel. */
  readonly idShortPath: string;
  readonly fileName: string;
  readonly contentType: string;
  /** 64 hex digits. The giver vouches for it: a file of a store named by sha256 is not hashed again. */
  readonly sha256: string;
  /** The file on disk; it is linked where the file system can, else copied. */
  readonly path: string;
}

/** What appears in the environment at one moment: readers see all of it or nothing. */
export interface Publication {
  readonly shells?: readonly Shell[];
  readonly submodels?: readonly Submodel[];
  readonly attachments?: readonly PublishedAttachment[];
  /** Ids to take out, with what hangs on them; unknown ones are no error. */
  readonly remove?: { readonly shells?: readonly string[]; readonly submodels?: readonly string[] };
  /** Where the environment is served; hrefs of all derived descriptors start with it. @defaultValue the server's own address */
  readonly baseUrl?: string;
}
