import type { Request } from 'express';

/** What a request does to its object; the rights of IDTA-01004 that an HTTP operation can need. */
export type Right = 'CREATE' | 'READ' | 'UPDATE' | 'DELETE' | 'EXECUTE';

/** Who sends a request. */
export interface Caller {
  /** Whether the caller showed who it is, or need not. */
  readonly known: boolean;
  /** What the caller is; an access policy gives the names their meaning. */
  readonly roles: readonly string[];
}

/** What a request is about, as far as its path tells; a malformed identifier is absent. */
export interface AccessedObject {
  readonly shellId?: string;
  readonly submodelId?: string;
  readonly idShortPath?: string;
  readonly conceptDescriptionId?: string;
  readonly packageId?: string;
}

/** All that decides whether a request is carried out. */
export interface AccessQuestion {
  readonly caller: Caller;
  readonly operation: Right;
  /** Pattern of the path below any prefix, such as `/submodels/:submodelIdentifier/$value`; undefined for an unknown path. */
  readonly route: string | undefined;
  readonly object: AccessedObject;
}

/** `authenticate` answers 401, `refuse` 403. */
export type AccessDecision = 'allow' | 'authenticate' | 'refuse';

/** The one place that decides about access: every request of every service passes here before anything is read of it. */
export interface AccessControl {
  /** @throws CodedError `E_UNAUTHORIZED` for credentials that are shown and wrong. */
  identify(request: Request): Caller;
  decide(question: AccessQuestion): AccessDecision;
}

const EVERYBODY: Caller = { known: true, roles: [] };

/** Lets everybody do everything, as a server does that only this machine reaches. */
export const openAccess: AccessControl = { identify: () => EVERYBODY, decide: () => 'allow' };
