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
  const cursor = queryValue(request, 'cursor');
  return { limit: pageLimit(request, limits), after: cursor === undefined ? -1 : sortKeyOf(cursor) };
}

/** Reads `limit`. @throws CodedError `E_INVALID_INPUT` */
export function pageLimit(request: Request, limits: PageLimits): number {
  const limit = queryValue(request, 'limit');
  if (limit !== undefined && !/^[1-9][0-9]{0,8}$/.test(limit)) {
    throw new CodedError('E_INVALID_INPUT', 'limit must be a whole number of at least 1');
  }
  return Math.min(limit === undefined ? limits.defaultPageSize : Number(limit), limits.maximumPageSize);
}

/** The body of a page; without a cursor at the end (IDTA-01002, paging). */
export function pageBody(page: Page<unknown>): JsonObject {
  const cursor = page.next === undefined ? {} : { cursor: writeCursor(String(page.next)) };
  return { paging_metadata: cursor, result: page.items };
}

/** Makes a cursor of a place in a list; opaque to callers. */
export function writeCursor(place: string): string {
  return Buffer.from(`k${place}`).toString('base64url');
}

/** The place that a cursor was made of. @throws CodedError `E_INVALID_INPUT` */
export function readCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!text.startsWith('k')) throw noCursor();
  return text.slice(1);
}

function sortKeyOf(cursor: string): number {
  const place = readCursor(cursor);
  if (!/^[0-9]{1,15}$/.test(place)) throw noCursor();
  return Number(place);
}

function noCursor(): CodedError {
  return new CodedError('E_INVALID_INPUT', 'the cursor is none that this server gave');
}
