/** Names of the AASX package (IDTA-01005, derived from the Open Packaging Conventions). */

const RELATIONSHIPS = 'http://admin-shell.io/aasx/relationships';
const THUMBNAIL = 'http://schemas.openxmlformats.org/package/2006/relationships/metadata/thumbnail';

/** Types of relationships as they are written. */
export const RELATIONSHIP_TYPES = {
  origin: `${RELATIONSHIPS}/aasx-origin`,
  model: `${RELATIONSHIPS}/aas-spec`,
  supplementary: `${RELATIONSHIPS}/aas-suppl`,
  thumbnail: THUMBNAIL,
} as const;

/** Where a package's own parts are written. */
export const PART_NAMES = {
  contentTypes: '[Content_Types].xml',
  rootRelationships: '_rels/.rels',
  origin: 'aasx/aasx-origin',
} as const;

/** The content type of a package, as IANA and the older API name it. */
export const AASX_CONTENT_TYPES: readonly string[] = [
  'application/asset-administration-shell-package',
  'application/asset-administration-shell-package+xml',
  'application/asset-administration-shell-package+json',
  'application/aas+zip',
];

/** Whether a relationship is of a type; the deprecated namespace with `www.` counts as well. */
export function isRelationship(type: string, wanted: string): boolean {
  return type.replace('://www.admin-shell.io/', '://admin-shell.io/') === wanted;
}

/** The part that holds the relationships of another one. */
export function relationshipPartOf(part: string): string {
  const slash = part.lastIndexOf('/') + 1;
  return `${part.slice(0, slash)}_rels/${part.slice(slash)}.rels`;
}
