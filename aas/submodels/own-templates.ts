import type { Submodel } from '../model.ts';
import { federationCommands } from './commands.ts';
import { FEDERATION_TEMPLATE } from './federation.ts';
import { type OwnTemplate, templateIdOf, templateSubmodel } from './own-template.ts';
import { PARTICIPANT_TEMPLATE } from './participant.ts';
import { RUN_TEMPLATE } from './run.ts';
import { COMMANDS_ID } from './semantic-ids.ts';

/** Our templates of Properties. Commands is made of Operations and stands in commands.ts. */
export const OWN_TEMPLATES: readonly OwnTemplate[] = [
  FEDERATION_TEMPLATE,
  RUN_TEMPLATE,
  PARTICIPANT_TEMPLATE,
];

/** All our templates as submodels of kind Template. */
export function templateSubmodels(): readonly Submodel[] {
  const id = templateIdOf({ semanticId: COMMANDS_ID });
  const commands: Submodel = {
    ...federationCommands(id),
    kind: 'Template',
    administration: { version: '1', revision: '0', templateId: id },
  };
  return [...OWN_TEMPLATES.map(templateSubmodel), commands];
}
