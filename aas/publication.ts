import type { ConceptDescription, Shell, Submodel, SubmodelElement } from './model.ts';

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

/** An element that is stored by itself, without its submodel being read or written. */
export interface PublishedElement {
  readonly submodelId: string;
  /** Path of the element; its parent must be there. */
  readonly idShortPath: string;
  readonly element: SubmodelElement;
  /** Whether an element that is there stays as it is. @defaultValue false */
  readonly keep?: boolean;
}

/** What appears in the environment at one moment: readers see all of it or nothing. */
export interface Publication {
  readonly shells?: readonly Shell[];
  readonly submodels?: readonly Submodel[];
  readonly conceptDescriptions?: readonly ConceptDescription[];
  /** Submodels that grow element by element: stored where there is none of that id, else left as they are. */
  readonly frames?: readonly Submodel[];
  /** Elements of submodels that are there or come with this publication, in order; the cost is theirs alone. */
  readonly elements?: readonly PublishedElement[];
  readonly attachments?: readonly PublishedAttachment[];
  /** Ids to take out, with what hangs on them; unknown ones are no error. */
  readonly remove?: { readonly shells?: readonly string[]; readonly submodels?: readonly string[] };
  /** Where the environment is served; hrefs of all derived descriptors start with it. @defaultValue the server's own address */
  readonly baseUrl?: string;
}
