import type { Reference, Submodel } from '../model.ts';
import { externalReference, modelReference } from '../references.ts';
import { collection, englishText, property } from './elements.ts';
import { CONTACT_IDS } from './semantic-ids.ts';

interface ContactValues {
  readonly id: string;
  readonly company: string;
  readonly department?: string;
}

/** IDTA 02002-1-0: who answers for what the federation publishes; the AI submodels refer to it. */
export function contactInformation(values: ContactValues): Submodel {
  const { company, department } = values;
  return {
    modelType: 'Submodel',
    id: values.id,
    idShort: 'ContactInformations',
    kind: 'Instance',
    semanticId: externalReference(CONTACT_IDS.submodel),
    submodelElements: [
      collection('ContactInformation', CONTACT_IDS.contactInformation, [
        // Technical contact, in the ECLASS enumeration of the template.
        property('RoleOfContactPerson', CONTACT_IDS.role, '0173-1#07-AAS931#001'),
        englishText('Company', CONTACT_IDS.company, company),
        ...(department === undefined ? [] : [englishText('Department', CONTACT_IDS.department, department)]),
      ]),
    ],
  };
}

/** The reference to the contact in a submodel that `contactInformation` built. */
export function contactReference(submodelId: string): Reference {
  return modelReference(
    { type: 'Submodel', value: submodelId },
    { type: 'SubmodelElementCollection', value: 'ContactInformation' },
  );
}
