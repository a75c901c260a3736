import { childrenMember } from '../children.ts';
import type { JsonObject } from '../model.ts';

/** An element as it is shown: without the bytes of Blobs unless they are asked for (IDTA-01002, extent). */
export function shownElement(element: JsonObject, withBlobValue: boolean): JsonObject {
  if (withBlobValue) return element;
  if (element['modelType'] === 'Blob') {
    const { value: _bytes, ...rest } = element;
    return rest;
  }
  const member = childrenMember(element['modelType']);
  const children = member === undefined ? undefined : element[member];
  if (member === undefined || !Array.isArray(children)) return element;
  // Checked on the way in: the member holds elements.
  return { ...element, [member]: (children as JsonObject[]).map((child) => shownElement(child, false)) };
}
