import { CodedError } from '../../../runtime/errors.ts';
import { isPartReference } from '../../aasx/part-target.ts';
import type { JsonObject } from '../../model.ts';
import { findViolations } from '../../validation/find-violations.ts';
import { environmentFiles } from '../packages/environment-files.ts';
import { fileElements } from '../packages/file-elements.ts';
import { type OpenEnvironmentFile, openEnvironmentFile } from '../packages/open-environment-file.ts';
import { packageLimits } from '../packages/package-limits.ts';
import type { CheckedFinding } from './checked-finding.ts';

const LONGEST_FILE_BYTES = 16 * 1024 ** 3;

/**
 * Looks for all that is against the metamodel in a file, or in the AASX, JSON and XML files of a folder. What would keep
 * a file from being loaded is the rule `structure`.
 * @throws CodedError `E_FILE_NOT_FOUND`
 */
export async function* checkFiles(path: string): AsyncGenerator<CheckedFinding> {
  for (const file of await environmentFiles(path)) {
    let opened: OpenEnvironmentFile;
    try {
      opened = await openEnvironmentFile(file, packageLimits(LONGEST_FILE_BYTES));
    } catch (thrown) {
      if (!(thrown instanceof CodedError)) throw thrown;
      yield* structureFindings(file, thrown);
      continue;
    }
    try {
      // An Environment is an object of the metamodel like any other.
      const environment = opened.environment as JsonObject;
      for (const finding of findViolations(environment, 'Environment')) yield { source: file, ...finding };
      yield* missingFiles(file, opened);
    } finally {
      opened.close();
    }
  }
}

function* structureFindings(file: string, error: CodedError): Generator<CheckedFinding> {
  const faults = error.faults.length > 0 ? error.faults : [{ path: '', message: error.message }];
  for (const fault of faults) yield { source: file, rule: 'structure', severity: 'error', ...fault };
}

/** Files that a package should have, as its elements say. */
function* missingFiles(file: string, { environment, aasx }: OpenEnvironmentFile): Generator<CheckedFinding> {
  if (aasx === undefined) return;
  for (const submodel of environment.submodels ?? []) {
    for (const { path, element } of fileElements(submodel)) {
      const { value } = element;
      if (!isPartReference(value) || aasx.part(value) !== undefined) continue;
      const message = `${String(submodel['id'])}, ${path}: the package has no file ${value}`;
      yield { source: file, rule: 'missing-file', severity: 'warning', path: '', message };
    }
  }
}
