import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { conceptDescriptions } from '../submodels/concept-descriptions.ts';
import { templateSubmodels } from '../submodels/own-templates.ts';

// Part of the build: the tables in aas/submodels are the one source, and nothing generated is committed.
const folder = dirname(fileURLToPath(import.meta.url));
mkdirSync(folder, { recursive: true });
for (const template of templateSubmodels()) {
  const semanticId = template.semanticId?.keys[0]?.value ?? '';
  const environment = {
    submodels: [template],
    conceptDescriptions: conceptDescriptions().filter(
      ({ id }) => id === semanticId || id.startsWith(`${semanticId}:`),
    ),
  };
  const { version, revision } = template.administration ?? {};
  const name = `${template.idShort}-${version}-${revision}.json`;
  writeFileSync(join(folder, name), `${JSON.stringify(environment, undefined, 2)}\n`);
}
