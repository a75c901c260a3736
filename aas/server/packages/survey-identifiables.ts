import { setImmediate } from 'node:timers/promises';
import type { JsonObject } from '../../model.ts';
import { metamodelVersionOf } from '../../validation/metamodel-version.ts';
import { writeNamedXml } from '../../xml/write-xml-object.ts';
import type { XmlVersion } from '../../xml/xml-names.ts';
import type { SelectedIdentifiables } from './select-identifiables.ts';

/** What must be known of identifiables before the first byte of their serialization is written. */
export interface Survey {
  /** Metamodel 3.0, whose files more tools read, where everything fits into it. */
  readonly version: XmlVersion;
  readonly isWantedConcept: (id: string) => boolean;
}

/** After so many identifiables other requests get their turn. */
const TURN = 20;

/**
 * Goes through everything once, except for JSON of everything, which needs nothing known.
 * @param format for `xml`, what XML cannot express is found here, while the answer can still be a refusal.
 * @throws CodedError `E_INVALID_INPUT` for a text that XML cannot express
 */
export async function surveyIdentifiables(
  selected: SelectedIdentifiables,
  format: 'xml' | 'json',
): Promise<Survey> {
  let version: XmlVersion = '3.0';
  let seen = 0;
  const named = new Set<string>();
  const isWantedConcept = (id: string) => !selected.isPartial || named.has(id);
  if (format === 'json' && !selected.isPartial) return { version, isWantedConcept };
  const look = async (object: JsonObject, type: string) => {
    seen++;
    if (seen % TURN === 0) await setImmediate();
    if (format === 'xml') writeNamedXml(object, type, `/${String(object['id'])}`);
    if (format === 'xml' && version === '3.0') version = metamodelVersionOf(object, type);
    if (selected.isPartial && type !== 'ConceptDescription') collectKeys(object, named);
  };
  for (const shell of selected.shells()) await look(shell, 'AssetAdministrationShell');
  for (const submodel of selected.submodels()) await look(submodel, 'Submodel');
  for (const concept of selected.conceptDescriptions(isWantedConcept))
    await look(concept, 'ConceptDescription');
  return { version, isWantedConcept };
}

/** The values of all keys of all references: what the object speaks of. */
function collectKeys(value: unknown, into: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  const { keys } = value as { keys?: unknown };
  if (Array.isArray(keys)) {
    for (const key of keys as readonly JsonObject[]) {
      if (typeof key['value'] === 'string') into.add(key['value']);
    }
  }
  for (const inner of Object.values(value)) collectKeys(inner, into);
}
