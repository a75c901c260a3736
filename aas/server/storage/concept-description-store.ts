import type { JsonObject, Reference } from '../../model.ts';
import { referenceText } from '../../references.ts';
import { type Page, type PageRequest, pageOf } from './page.ts';
import type { Sql } from './sql.ts';

/** What a list of concept descriptions may be narrowed by. */
export interface ConceptDescriptionFilter {
  readonly idShort?: string;
  readonly isCaseOf?: Reference;
  readonly dataSpecification?: Reference;
}

/** Concept descriptions. Writes belong into a transaction. */
export class ConceptDescriptionStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** A concept description; undefined if there is none. */
  get(id: string): JsonObject | undefined {
    const row = this.#sql.get<{ json: string }>('SELECT json FROM concept_descriptions WHERE id = ?', id);
    return row === undefined ? undefined : parse(row.json);
  }

  /** Concept descriptions in the order in which they came. The cost is that of the page, wherever it stands. */
  list(page: PageRequest, filter: ConceptDescriptionFilter = {}): Page {
    const conditions = ['seq > ?'];
    const values: (string | number)[] = [page.after];
    if (filter.idShort !== undefined) {
      conditions.push('id_short = ?');
      values.push(filter.idShort);
    }
    for (const [kind, reference] of [
      ['isCaseOf', filter.isCaseOf],
      ['dataSpecification', filter.dataSpecification],
    ] as const) {
      if (reference === undefined) continue;
      conditions.push(
        'EXISTS (SELECT 1 FROM concept_references WHERE kind = ? AND meaning = ? AND concept = concept_descriptions.seq)',
      );
      values.push(kind, referenceText(reference));
    }
    const rows = this.#sql.all<{ seq: number; json: string }>(
      `SELECT seq, json FROM concept_descriptions WHERE ${conditions.join(' AND ')} ORDER BY seq LIMIT ?`,
      ...values,
      page.limit + 1,
    );
    return pageOf(rows, page.limit, (row) => parse(row.json));
  }

  /** Stores a checked concept description. @returns whether it is new. */
  put(concept: JsonObject): boolean {
    const id = String(concept['id']);
    const idShort = typeof concept['idShort'] === 'string' ? concept['idShort'] : null;
    const created = this.get(id) === undefined;
    this.#sql.run(
      `INSERT INTO concept_descriptions (id, id_short, json) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET id_short = excluded.id_short, json = excluded.json`,
      id,
      idShort,
      JSON.stringify(concept),
    );
    const seq =
      this.#sql.get<{ seq: number }>('SELECT seq FROM concept_descriptions WHERE id = ?', id)?.seq ?? 0;
    this.#sql.run('DELETE FROM concept_references WHERE concept = ?', seq);
    for (const [kind, reference] of referencesOf(concept)) {
      const insert = 'INSERT OR IGNORE INTO concept_references (kind, meaning, concept) VALUES (?, ?, ?)';
      this.#sql.run(insert, kind, referenceText(reference), seq);
    }
    return created;
  }

  /** @returns whether there was one. */
  remove(id: string): boolean {
    return this.#sql.run('DELETE FROM concept_descriptions WHERE id = ?', id).changes > 0;
  }
}

function referencesOf(concept: JsonObject): readonly (readonly [kind: string, reference: Reference])[] {
  // Checked on the way in: the members are of these shapes.
  const { isCaseOf = [], embeddedDataSpecifications = [] } = concept as {
    isCaseOf?: readonly Reference[];
    embeddedDataSpecifications?: readonly { readonly dataSpecification: Reference }[];
  };
  return [
    ...isCaseOf.map((reference) => ['isCaseOf', reference] as const),
    ...embeddedDataSpecifications.map(
      ({ dataSpecification }) => ['dataSpecification', dataSpecification] as const,
    ),
  ];
}

function parse(json: string): JsonObject {
  // Written by this store from what was checked.
  return JSON.parse(json) as JsonObject;
}
