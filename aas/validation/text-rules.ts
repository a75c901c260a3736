import { METAMODEL } from '../metamodel.ts';
import { LEXICAL_FORMS, LONGEST_LANG_STRINGS } from './lexical-forms.ts';
import { firstRepeated, objectsIn, type Rule } from './rule.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;

const CLASSES = { types: Object.keys(METAMODEL) };

/** A rule for each value in an object: the first for which `wrong` says something. */
function valueRule(rule: string, wrong: (value: unknown) => string | undefined): Rule {
  return {
    rule,
    on: CLASSES,
    check: ({ object }) => {
      for (const member of Object.keys(object)) {
        const message = wrong(object[member]);
        if (message !== undefined) return { at: `/${member}`, message };
      }
      return undefined;
    },
  };
}

/** A rule for each member of each class that has a lexical form. */
const LEXICAL_RULES: readonly Rule[] = Object.entries(LEXICAL_FORMS).map(([place, form]) => {
  const [type = '', member = ''] = place.split('.');
  return {
    rule: 'lexical',
    on: type === '*' ? { member } : { types: [type] },
    check: ({ object }) => {
      const value = object[member];
      if (typeof value !== 'string') return undefined;
      if (form.longest !== undefined && value.length > form.longest) {
        return { at: `/${member}`, message: `has more than ${form.longest} characters` };
      }
      return form.matches?.(value) === false
        ? { at: `/${member}`, message: `must be ${form.form}` }
        : undefined;
    },
  };
});

/** A rule for each member that holds language strings. */
const LANGUAGE_RULES: readonly Rule[] = [
  ...new Set(
    Object.values(METAMODEL).flatMap((members) =>
      Object.keys(members).filter((member) => members[member]?.startsWith('LangString[]')),
    ),
  ),
].map((member) => ({
  rule: 'unique-languages',
  on: {
    types: Object.keys(METAMODEL).filter((type) => METAMODEL[type]?.[member]?.startsWith('LangString[]')),
  },
  check: ({ object }) => {
    if (object[member] === undefined) return undefined;
    const repeated = firstRepeated(objectsIn(object, member), ({ language }) => language);
    return repeated === undefined ? undefined : { at: `/${member}`, message: 'has a language twice' };
  },
}));

/** What holds for texts and lists of every class. */
export const TEXT_RULES: readonly Rule[] = [
  {
    rule: 'AASd-002',
    on: { member: 'idShort' },
    check: ({ object: { idShort } }) =>
      typeof idShort === 'string' && idShort.length < 2
        ? { at: '/idShort', message: 'must have at least two characters' }
        : undefined,
  },
  valueRule('AASd-130', (value) =>
    typeof value === 'string' && NOT_XML.test(value) ? 'has characters that XML cannot express' : undefined,
  ),
  valueRule('empty-list', (value) =>
    Array.isArray(value) && value.length === 0 ? 'a list without entries must be left out' : undefined,
  ),
  {
    rule: 'lexical',
    on: { types: ['LangString'] },
    check: ({ object: { text }, member }) => {
      const longest = LONGEST_LANG_STRINGS[member];
      return longest !== undefined && typeof text === 'string' && text.length > longest
        ? { at: '/text', message: `has more than ${longest} characters` }
        : undefined;
    },
  },
  ...LANGUAGE_RULES,
  ...LEXICAL_RULES,
];
