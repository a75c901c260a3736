import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../../runtime/errors.ts';
import type { JsonObject } from '../../model.ts';
import { findViolations } from '../../validation/find-violations.ts';
import { ConceptDescriptionStore } from '../storage/concept-description-store.ts';
import { ElementStore } from '../storage/element-store.ts';
import type { Page, PageRequest } from '../storage/page.ts';
import { MIGRATIONS } from '../storage/schema.ts';
import { ShellStore } from '../storage/shell-store.ts';
import { Sql } from '../storage/sql.ts';
import { SubmodelStore } from '../storage/submodel-store.ts';
import type { CheckedFinding } from './checked-finding.ts';

const PAGE = 20;

/**
 * Looks for all that is against the metamodel in what an environment holds. It only reads, so that the environment may
 * be running.
 * @param folder the environment's state folder.
 * @throws CodedError `E_FILE_NOT_FOUND` if there is no environment in it
 */
export function* checkState(folder: string): Generator<CheckedFinding> {
  const file = join(folder, 'environment.db');
  if (!existsSync(file)) throw new CodedError('E_FILE_NOT_FOUND', `there is no AAS environment in ${folder}`);
  const sql = new Sql(file, MIGRATIONS);
  try {
    const shells = new ShellStore(sql);
    const submodels = new SubmodelStore(sql, new ElementStore(sql));
    const concepts = new ConceptDescriptionStore(sql);
    yield* checkList('AssetAdministrationShell', (page) => shells.list(page));
    yield* checkList('Submodel', (page) => submodels.list(page));
    yield* checkList('ConceptDescription', (page) => concepts.list(page));
  } finally {
    sql.close();
  }
}

function* checkList(type: string, list: (page: PageRequest) => Page): Generator<CheckedFinding> {
  for (let after: number | undefined = -1; after !== undefined; ) {
    const { items, next }: Page<JsonObject> = list({ limit: PAGE, after });
    for (const item of items) {
      for (const finding of findViolations(item, type)) yield { source: String(item['id']), ...finding };
    }
    after = next;
  }
}
