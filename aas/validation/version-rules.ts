import type { Rule } from './rule.ts';

const LONGEST_IDENTIFIER_OF_3_0 = 2000;
const LONGEST_CONTENT_TYPE_OF_3_0 = 100;

/** The name of the rules that only metamodel 3.1 content breaks. */
export const ONLY_3_1 = 'only-3.1';

/** A member that is optional since metamodel 3.1. */
function needed(types: readonly string[], member: string): Rule {
  return {
    rule: ONLY_3_1,
    severity: 'warning',
    on: { types },
    check: ({ object }) => (object[member] === undefined ? `metamodel 3.0 needs ${member}` : undefined),
  };
}

const RELATIONSHIPS = ['RelationshipElement', 'AnnotatedRelationshipElement'];

/** What metamodel 3.1 allows and 3.0 does not. */
export const VERSION_RULES: readonly Rule[] = [
  needed(['File', 'Blob'], 'contentType'),
  needed(['Entity'], 'entityType'),
  needed(['ValueReferencePair'], 'valueId'),
  needed(RELATIONSHIPS, 'first'),
  needed(RELATIONSHIPS, 'second'),
  {
    rule: ONLY_3_1,
    severity: 'warning',
    on: { types: ['AssetInformation'] },
    check: ({ object }) =>
      object['assetKind'] === 'Role'
        ? { at: '/assetKind', message: 'metamodel 3.0 does not know Role' }
        : undefined,
  },
  {
    rule: ONLY_3_1,
    severity: 'warning',
    on: { member: 'idShort' },
    check: ({ object: { idShort } }) =>
      typeof idShort === 'string' && idShort.includes('-')
        ? { at: '/idShort', message: 'metamodel 3.0 allows no hyphen' }
        : undefined,
  },
  ...(
    [
      ['id', LONGEST_IDENTIFIER_OF_3_0],
      ['contentType', LONGEST_CONTENT_TYPE_OF_3_0],
    ] as const
  ).map(
    ([member, longest]): Rule => ({
      rule: ONLY_3_1,
      severity: 'warning',
      on: { member },
      check: ({ object }) =>
        String(object[member] ?? '').length > longest
          ? { at: `/${member}`, message: `metamodel 3.0 allows ${longest} characters` }
          : undefined,
    }),
  ),
];
