import { relationshipPartOf } from './aasx-names.ts';
import type { OpenPackage } from './open-package.ts';
import { partTarget } from './part-target.ts';
import { readFlatXml } from './read-flat-xml.ts';

/** A relationship to another part of the package. */
export interface Relationship {
  readonly type: string;
  /** Name of the part, without a slash before it. */
  readonly target: string;
}

/**
 * The relationships of a part to others; none if it has no list of them.
 * @param source name of the part; empty for the package itself.
 * @throws CodedError `E_AASX_REFUSED`
 */
export async function readRelationships(
  opened: OpenPackage,
  source: string,
): Promise<readonly Relationship[]> {
  const part = relationshipPartOf(source);
  if (opened.find(part) === undefined) return [];
  const elements = await readFlatXml(opened.read(part), part);
  return elements.flatMap(({ name, attributes }) => {
    const { Type: type, Target: target, TargetMode: mode } = attributes;
    if (name !== 'Relationship' || type === undefined || target === undefined) return [];
    // AAS4J, and so FA³ST, calls the package's own parts external; what is outside has no such part.
    const isOutside = mode === 'External' && !(target.startsWith('/') && opened.find(target.slice(1)));
    return isOutside ? [] : [{ type, target: partTarget(source, target) }];
  });
}
