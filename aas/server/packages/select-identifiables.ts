import { CodedError } from '../../../runtime/errors.ts';
import type { JsonObject } from '../../model.ts';
import type { EnvironmentSource } from '../../xml/write-xml-environment.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import type { Page, PageRequest } from '../storage/page.ts';

/** What is to be part of a serialization (IDTA-01002, GenerateSerializationByIds). */
export interface Selection {
  /** Shells; all where neither shells nor submodels are named. */
  readonly aasIds: readonly string[];
  /** Submodels; where only shells are named, those that they refer to. */
  readonly submodelIds: readonly string[];
  readonly includeConceptDescriptions: boolean;
}

/** Identifiables that can be gone through several times, one at a time: nobody holds all of them. */
export interface SelectedIdentifiables {
  shells(): Iterable<JsonObject>;
  submodels(): Iterable<JsonObject>;
  /** @param isWanted says by the id whether one is part of it. */
  conceptDescriptions(isWanted: (id: string) => boolean): Iterable<JsonObject>;
  /** Whether only some were asked for; concept descriptions then are those that these refer to. */
  readonly isPartial: boolean;
}

const PAGE = 20;

function* pages(list: (page: PageRequest) => Page): Generator<JsonObject> {
  for (let after: number | undefined = -1; after !== undefined; ) {
    const { items, next }: Page = list({ limit: PAGE, after });
    yield* items;
    after = next;
  }
}

/** @throws CodedError `E_AAS_NOT_FOUND` for an id that is named and not there */
export function selectIdentifiables(storage: AasStorage, selection: Selection): SelectedIdentifiables {
  const { aasIds, submodelIds, includeConceptDescriptions } = selection;
  const isPartial = aasIds.length + submodelIds.length > 0;
  for (const id of aasIds) storage.shells.require(id);
  for (const id of submodelIds) storage.submodels.require(id);
  const wantedSubmodels = new Set(
    submodelIds.length > 0 ? submodelIds : aasIds.flatMap((id) => storage.shells.submodelIds(id)),
  );
  return {
    isPartial,
    *shells() {
      if (!isPartial) yield* pages((page) => storage.shells.list(page));
      for (const id of new Set(aasIds)) yield requireShell(storage, id);
    },
    *submodels() {
      if (!isPartial) yield* pages((page) => storage.submodels.list(page));
      // A shell may refer to a submodel that lies elsewhere.
      for (const id of wantedSubmodels)
        if (storage.submodels.find(id) !== undefined) yield storage.submodels.get(id);
    },
    *conceptDescriptions(isWanted) {
      if (!includeConceptDescriptions) return;
      for (const concept of pages((page) => storage.conceptDescriptions.list(page))) {
        if (isWanted(String(concept['id']))) yield concept;
      }
    },
  };
}

function requireShell(storage: AasStorage, id: string): JsonObject {
  const shell = storage.shells.get(id);
  if (shell === undefined) throw new CodedError('E_AAS_NOT_FOUND', `there is no shell ${id}`);
  return shell;
}

/** The identifiables as the lists of an Environment. */
export function environmentSource(
  selected: SelectedIdentifiables,
  isWantedConcept: (id: string) => boolean,
): EnvironmentSource {
  return {
    assetAdministrationShells: selected.shells(),
    submodels: selected.submodels(),
    conceptDescriptions: selected.conceptDescriptions(isWantedConcept),
  };
}
