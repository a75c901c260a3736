import type { Submodel } from '../model.ts';
import { externalReference } from '../references.ts';
import { property, type ValueType } from './elements.ts';

/** One Property of a submodel of our own, or one column of a series. */
export interface OwnMember<Name extends string = string> {
  readonly idShort: Name;
  readonly valueType: ValueType;
  /** What it means, in English; the text of its concept description. */
  readonly definition: string;
  /** Whether an instance always has a value; else its Property may have none yet. */
  readonly always?: boolean;
}

/** A template of our own: a flat submodel of Properties, so that the simplest client can poll it. */
export interface OwnTemplate<Name extends string = string> {
  readonly idShort: string;
  readonly semanticId: string;
  readonly definition: string;
  readonly members: readonly OwnMember<Name>[];
}

/** Version and revision of all our templates; a change of either changes the semantic ids. */
const EDITION = { version: '1', revision: '0' } as const;

/** Semantic id of a member. */
export function memberId(semanticId: string, idShort: string): string {
  return `${semanticId}:${idShort}`;
}

/** Id of the template's own submodel, which instances name as their `templateId`. */
export function templateIdOf({ semanticId }: Pick<OwnTemplate, 'semanticId'>): string {
  return `${semanticId}:template`;
}

/**
 * An instance of a template of our own: every member is there, without a value where none is known yet.
 * @param id of the submodel.
 */
export function ownSubmodel<Name extends string>(
  template: OwnTemplate<Name>,
  id: string,
  values: Readonly<Partial<Record<Name, string | number>>>,
): Submodel {
  const { idShort, semanticId, members } = template;
  return {
    modelType: 'Submodel',
    id,
    idShort,
    kind: 'Instance',
    administration: { ...EDITION, templateId: templateIdOf(template) },
    semanticId: externalReference(semanticId),
    submodelElements: members.map((member) =>
      property(
        member.idShort,
        memberId(semanticId, member.idShort),
        values[member.idShort],
        member.valueType,
      ),
    ),
  };
}

/** The template itself as a submodel of kind Template, with the cardinality of each member. */
export function templateSubmodel(template: OwnTemplate): Submodel {
  const { idShort, semanticId, definition, members } = template;
  return {
    modelType: 'Submodel',
    id: templateIdOf(template),
    idShort,
    kind: 'Template',
    description: [{ language: 'en', text: definition }],
    administration: { ...EDITION, templateId: templateIdOf(template) },
    semanticId: externalReference(semanticId),
    submodelElements: members.map((member) => ({
      ...property(member.idShort, memberId(semanticId, member.idShort), undefined, member.valueType),
      description: [{ language: 'en', text: member.definition }],
      qualifiers: [cardinality(member.always === true ? 'One' : 'ZeroToOne')],
    })),
  };
}

function cardinality(value: 'One' | 'ZeroToOne') {
  return {
    kind: 'TemplateQualifier',
    type: 'SMT/Cardinality',
    semanticId: externalReference('https://admin-shell.io/SubmodelTemplates/Cardinality/1/0'),
    valueType: 'xs:string',
    value,
  };
}
