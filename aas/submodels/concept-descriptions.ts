import type { ConceptDescription, Submodel, SubmodelElement } from '../model.ts';
import { externalReference } from '../references.ts';
import { federationCommands } from './commands.ts';
import type { ValueType } from './elements.ts';
import { memberId, type OwnMember } from './own-template.ts';
import { OWN_TEMPLATES } from './own-templates.ts';
import { ROUND_METRICS } from './round-metrics.ts';
import { SIGNAL_ID } from './semantic-ids.ts';

// Both metamodel 3.0 and 3.1 know this id of the data specification (IDTA-01003-a).
const IEC61360 = 'https://admin-shell.io/DataSpecificationTemplates/DataSpecificationIec61360/3/0';

/** IEC 61360 types without a unit: our figures are counts and fractions. */
const DATA_TYPES: Readonly<Record<ValueType, string>> = {
  'xs:string': 'STRING',
  'xs:int': 'INTEGER_COUNT',
  'xs:long': 'INTEGER_COUNT',
  'xs:double': 'REAL_COUNT',
  'xs:dateTime': 'TIMESTAMP',
  'xs:date': 'DATE',
  'xs:boolean': 'BOOLEAN',
  'xs:anyURI': 'IRI',
};

/** What each semantic id of our own means: the templates, their members, the columns of our series, the commands. */
export function conceptDescriptions(): readonly ConceptDescription[] {
  return [
    ...OWN_TEMPLATES.flatMap(({ idShort, semanticId, definition, members }) => [
      concept(semanticId, idShort, definition),
      ...membersOf(semanticId, members),
    ]),
    concept(
      ROUND_METRICS.semanticId,
      'RoundMetrics',
      'Figures of the rounds of a federation, a row a version.',
    ),
    ...membersOf(ROUND_METRICS.semanticId, ROUND_METRICS.members),
    concept(SIGNAL_ID, 'Signal', 'A signal of a machine, by the name that federations use.', 'xs:string'),
    ...ofCommands(federationCommands('urn:fedshell:any')),
  ];
}

function membersOf(semanticId: string, members: readonly OwnMember[]): readonly ConceptDescription[] {
  return members.map(({ idShort, valueType, definition }) =>
    concept(memberId(semanticId, idShort), idShort, definition, valueType),
  );
}

/** The commands say themselves what they and their variables mean. */
function ofCommands({ idShort, semanticId, submodelElements = [] }: Submodel): readonly ConceptDescription[] {
  const described = submodelElements.flatMap((element) =>
    element.modelType === 'Operation'
      ? [element, ...variables(element.inputVariables), ...variables(element.outputVariables)]
      : [element],
  );
  const concepts = new Map<string, ConceptDescription>();
  for (const element of described) {
    const id = element.semanticId?.keys[0]?.value;
    const definition = element.description?.[0]?.text;
    if (id === undefined || definition === undefined || element.idShort === undefined) continue;
    const type = element.modelType === 'Property' ? ('xs:string' as const) : undefined;
    concepts.set(id, concept(id, element.idShort, definition, type));
  }
  const id = semanticId?.keys[0]?.value ?? '';
  const all = concept(id, idShort ?? '', 'What may be asked of a federation or a participant.');
  return [all, ...concepts.values()];
}

function variables(list: readonly { readonly value: SubmodelElement }[] = []): readonly SubmodelElement[] {
  return list.map(({ value }) => value);
}

function concept(id: string, idShort: string, definition: string, valueType?: ValueType): ConceptDescription {
  return {
    modelType: 'ConceptDescription',
    id,
    idShort,
    embeddedDataSpecifications: [
      {
        dataSpecification: externalReference(IEC61360),
        dataSpecificationContent: {
          modelType: 'DataSpecificationIec61360',
          preferredName: [{ language: 'en', text: idShort }],
          ...(valueType === undefined ? {} : { dataType: DATA_TYPES[valueType] }),
          definition: [{ language: 'en', text: definition }],
        },
      },
    ],
  };
}
