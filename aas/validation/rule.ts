import type { JsonObject } from '../model.ts';

/** An object of a model, as rules see it. */
export interface Visit {
  readonly object: JsonObject;
  /** Its class in the metamodel. */
  readonly type: string;
  /** The member it stands in, such as `semanticId`. */
  readonly member: string;
  /** Whether it stands in a submodel of the kind Template. */
  readonly inTemplate: boolean;
  /** Whether it stands in the variable of an operation. */
  readonly inOperationVariable: boolean;
  /** Whether it is an entry of a SubmodelElementList. */
  readonly inList: boolean;
}

/** A rule of the metamodel for the objects of some classes. */
export interface Rule {
  /** Its number in IDTA-01001, or our own word. */
  readonly rule: string;
  /** Classes it holds for; or a member: it holds for every class that has it. */
  readonly on: { readonly types: readonly string[] } | { readonly member: string };
  /** `warning`: a rule of metamodel 3.0 that 3.1 has dropped. @defaultValue error */
  readonly severity?: 'warning';
  /** What is wrong; undefined if nothing is. A path, if given, goes on from the object. */
  check(visit: Visit): string | { readonly at: string; readonly message: string } | undefined;
}

/** The objects in a list member; what is not there is an empty list. */
export function objectsIn(object: JsonObject, member: string): readonly JsonObject[] {
  // The structure is checked before the rules: a list member holds objects.
  return (object[member] as readonly JsonObject[] | undefined) ?? [];
}

/** The object in a member; undefined if there is none. */
export function objectIn(object: JsonObject, member: string): JsonObject | undefined {
  // The structure is checked before the rules: a member of a class holds an object.
  return object[member] as JsonObject | undefined;
}

/** The first entry that stands there twice, by what `key` says of it. */
export function firstRepeated<Item>(
  items: readonly Item[],
  key: (item: Item) => unknown,
): number | undefined {
  const seen = new Set<unknown>();
  for (const [index, item] of items.entries()) {
    const value = key(item);
    if (seen.has(value)) return index;
    seen.add(value);
  }
  return undefined;
}
