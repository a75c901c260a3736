import type { AasConnection } from '../aas-request.ts';

/** An outside environment with its registries, or registries alone. */
export interface AasTarget {
  readonly id: string;
  /** Repositories of shells, submodels and concept descriptions under one base URL. Without it the registries' entries lead to `ownUrl`. */
  readonly repository?: AasConnection;
  readonly aasRegistry?: AasConnection;
  readonly submodelRegistry?: AasConnection;
  readonly discovery?: AasConnection;
  /** Where others reach the repository. @defaultValue the repository's own URL */
  readonly externalUrl?: string;
  /** Where our own environment is reached, which serves what the repository does not hold. */
  readonly ownUrl: string;
  /** Our API as the repository reaches it; with it the repository gets copies whose operations are delegated to us. */
  readonly delegationBaseUrl?: string;
}

/** A kind of thing that a target holds of us. */
export type HeldKind =
  | 'concept-description'
  | 'submodel'
  | 'frame'
  | 'element'
  | 'shell'
  | 'submodel-descriptor'
  | 'shell-descriptor'
  | 'links';

/** What a target holds of us, as far as it told us. */
export interface TargetMemory {
  /** Fingerprint of what was last written; undefined if nothing was. */
  get(kind: HeldKind, id: string): string | undefined;
  put(kind: HeldKind, id: string, fingerprint: string): void;
  forget(kind: HeldKind, id: string): void;
}

/** Where a target's repository is reached, or our own environment in its place; no slash at the end. */
export function servedUrl({ externalUrl, repository, ownUrl }: AasTarget): string {
  return (repository === undefined ? ownUrl : (externalUrl ?? repository.url)).replace(/\/+$/, '');
}
