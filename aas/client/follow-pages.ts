import { CodedError } from '../../runtime/errors.ts';
import { type AasConnection, requestAasJson } from './aas-request.ts';

/** Most pages of one list: with pages of a hundred a million entries, far more than is looked up here. */
const MOST_PAGES = 10_000;

/**
 * All entries of a paged list, page after page (IDTA-01002, paging_metadata). A plain array, as servers before 3.0
 * send it, is taken as one page.
 * @typeParam Item what the server promises the list to hold; who uses an item checks what it needs of it.
 * @throws CodedError as `requestAasJson`
 */
export async function* followPages<Item>(
  connection: AasConnection,
  target: string,
  request: { readonly method?: 'GET' | 'POST'; readonly body?: unknown } = {},
): AsyncGenerator<Item> {
  const seen = new Set<string>();
  for (let cursor: string | undefined; ; ) {
    const url = new URL(target);
    if (cursor !== undefined) url.searchParams.set('cursor', cursor);
    const body = await requestAasJson(connection, url.href, request);
    const { result, paging_metadata: paging } = (Array.isArray(body) ? { result: body } : (body ?? {})) as {
      result?: unknown;
      paging_metadata?: { cursor?: unknown };
    };
    if (!Array.isArray(result)) throw new CodedError('E_AAS_REQUEST', `${target} answered no list`);
    yield* result as readonly Item[];
    const next = paging?.cursor;
    if (typeof next !== 'string' || next === '') return;
    // A server that gives a cursor twice would never end.
    if (seen.size >= MOST_PAGES) {
      throw new CodedError('E_AAS_REQUEST', `${target} goes on after ${MOST_PAGES} pages`);
    }
    if (seen.has(next)) throw new CodedError('E_AAS_REQUEST', `${target} gave the same cursor twice`);
    seen.add(next);
    cursor = next;
  }
}
