import type { Request } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import type { JsonObject } from '../../model.ts';
import type { Page, PageRequest } from '../storage/page.ts';
import { queryValue } from './request-values.ts';

/** Limits of a page: what a caller gets who names none, and the most that one page may have. */
export interface PageLimits {
  readonly defaultPageSize: number;
  readonly maximumPageSize: number;
}

/** Reads `limit` and `cursor`. @throws CodedError `E_INVALID_INPUT` */
export function pageRequest(request: Request, limits: PageLimits): PageRequest {
  const limit = queryValue(request, 'limit');
  if (limit !== undefined && !/^[1-9][0-9]{0,8}$/.test(limit)) {
    throw new CodedError('E_INVALID_INPUT', 'limit must be a whole number of at least 1');
  }
  const cursor = queryValue(request, 'cursor');
  const size = limit === undefined ? limits.defaultPageSize : Number(limit);
  return {
    limit: Math.min(size, limits.maximumPageSize),
    after: cursor === undefined ? -1 : readCursor(cursor),
  };
}

/** The body of a page; without a cursor at the end (IDTA-01002, paging). */
export function pageBody(page: Page<unknown>): JsonObject {
  const cursor =
    page.next === undefined ? {} : { cursor: Buffer.from(`k${page.next}`).toString('base64url') };
  return { paging_metadata: cursor, result: page.items };
}

function readCursor(cursor: string): number {
  const match = /^k([0-9]{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  if (match?.[1] === undefined)
    throw new CodedError('E_INVALID_INPUT', 'the cursor is none that this server gave');
  return Number(match[1]);
}
