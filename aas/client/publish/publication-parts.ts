import type { Shell, Submodel } from '../../model.ts';
import type { Publication, PublishedAttachment } from '../../publication.ts';
import { hasOperations } from './operation-submodels.ts';

/** A shell and what belongs to it, in the order in which it becomes visible. */
export interface ShellPart {
  /** Undefined for submodels that no shell of the publication names. */
  readonly shell: Shell | undefined;
  readonly submodels: readonly Submodel[];
  readonly attachments: readonly PublishedAttachment[];
}

/** Splits a publication by its shells, in their order; submodels without a shell come first. */
export function publicationParts(publication: Publication): readonly ShellPart[] {
  const { shells = [], submodels = [], attachments = [] } = publication;
  const left = new Map(submodels.map((submodel) => [submodel.id, submodel]));
  const part = (shell: Shell | undefined, ids: readonly string[]): ShellPart => {
    const own = ids.flatMap((id) => left.get(id) ?? []);
    for (const { id } of own) left.delete(id);
    const isOwn = (submodelId: string) => own.some(({ id }) => id === submodelId);
    return {
      shell,
      submodels: own,
      attachments: attachments.filter(({ submodelId }) => isOwn(submodelId)),
    };
  };
  const ofShells = shells.map((shell) => part(shell, submodelIdsOf(shell)));
  const rest = part(undefined, [...left.keys()]);
  return rest.submodels.length === 0 ? ofShells : [rest, ...ofShells];
}

/** What of a publication belongs to one shell, and all that belongs to none by itself: concepts, and submodels that grow. */
export function partOfShell(publication: Publication, shellId: string): Publication {
  const parts = publicationParts(publication).filter(({ shell }) => shell?.id === shellId);
  return {
    shells: parts.flatMap(({ shell }) => shell ?? []),
    submodels: parts.flatMap(({ submodels }) => submodels),
    attachments: parts.flatMap(({ attachments }) => attachments),
    frames: publication.frames ?? [],
    elements: publication.elements ?? [],
    conceptDescriptions: publication.conceptDescriptions ?? [],
    ...(publication.remove === undefined ? {} : { remove: publication.remove }),
  };
}

/**
 * What our own environment must serve where others hold the rest: submodels with operations, and the shells that lead
 * to them. Everything else is taken out of it.
 */
export function operationsOnly(publication: Publication): Publication {
  const { shells = [], submodels = [], remove } = publication;
  const kept = submodels.filter(hasOperations);
  const isKept = (id: string) => kept.some((submodel) => submodel.id === id);
  const leadsThere = (shell: Shell) => submodelIdsOf(shell).some(isKept);
  return {
    ...publication,
    shells: shells.filter(leadsThere),
    submodels: kept,
    frames: [],
    elements: [],
    attachments: [],
    remove: {
      shells: [...(remove?.shells ?? []), ...idsOf(shells.filter((shell) => !leadsThere(shell)))],
      submodels: [...(remove?.submodels ?? []), ...idsOf(submodels.filter(({ id }) => !isKept(id)))],
    },
  };
}

/** Ids of the submodels that a shell names, in its order. */
export function submodelIdsOf(shell: Shell): readonly string[] {
  return (shell.submodels ?? []).flatMap(({ keys }) => keys[0]?.value ?? []);
}

const idsOf = (things: readonly { readonly id: string }[]) => things.map(({ id }) => id);
