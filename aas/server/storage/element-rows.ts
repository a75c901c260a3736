import { joinChildren, splitChildren } from '../../children.ts';
import { joinPath } from '../../id-short-path.ts';
import type { JsonObject } from '../../model.ts';

/** A submodel element as it is stored: found by its path, without its children. */
export interface ElementRow {
  readonly path: string;
  /** Path of the element above; empty at the top of the submodel. */
  readonly parent: string;
  /** Order among its siblings; gaps are allowed except in lists, where it is the index. */
  readonly position: number;
  readonly json: string;
}

/** Takes elements apart into rows, parents before children. */
export function rowsOf(
  elements: readonly JsonObject[],
  parent: string,
  parentIsList: boolean,
  firstPosition = 0,
): ElementRow[] {
  return elements.flatMap((element, offset) => {
    const position = firstPosition + offset;
    // Checked on the way in: an element outside a list has an idShort.
    const step = parentIsList ? { index: position } : { idShort: String(element['idShort']) };
    const path = joinPath(parent, step);
    const { own, children } = splitChildren(element);
    const isList = element['modelType'] === 'SubmodelElementList';
    return [{ path, parent, position, json: JSON.stringify(own) }, ...rowsOf(children, path, isList)];
  });
}

/**
 * Puts rows together again.
 * @param rows siblings in their order; parents and children in any order.
 * @param parent path whose children are wanted.
 */
export function elementsOf(rows: readonly ElementRow[], parent: string): JsonObject[] {
  const byParent = new Map<string, ElementRow[]>();
  for (const row of rows) {
    const siblings = byParent.get(row.parent);
    if (siblings === undefined) byParent.set(row.parent, [row]);
    else siblings.push(row);
  }
  const below = (path: string): JsonObject[] =>
    (byParent.get(path) ?? []).map((row) => joinChildren(parseRow(row), below(row.path)));
  return below(parent);
}

/** The element of a row, without its children. */
export function parseRow(row: Pick<ElementRow, 'json'>): JsonObject {
  // Written by rowsOf from a checked element.
  return JSON.parse(row.json) as JsonObject;
}
