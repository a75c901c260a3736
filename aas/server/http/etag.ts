import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import { CodedError } from '../../../runtime/errors.ts';

/** The ETag of an object: it changes with the object's JSON, and an element's does not with its neighbours'. */
export function tagOf(json: string): string {
  return `"${createHash('sha1').update(json).digest('base64url')}"`;
}

/**
 * Holds `If-Match` and `If-None-Match: *` of a write against what is stored (RFC 9110). Belongs into the transaction of
 * the write.
 * @param current JSON of the object as it is stored, all of it; undefined if there is none. Asked only when needed.
 * @throws CodedError `E_PRECONDITION_FAILED`
 */
export function checkPrecondition(request: Request, current: () => string | undefined): void {
  const ifMatch = request.headers['if-match'];
  const ifNoneMatch = request.headers['if-none-match'];
  if (ifMatch === undefined && ifNoneMatch === undefined) return;
  const json = current();
  if (ifMatch !== undefined && !matches(ifMatch, json)) {
    throw new CodedError(
      'E_PRECONDITION_FAILED',
      'the object is not the one that If-Match names; read it again',
    );
  }
  if (ifNoneMatch?.trim() === '*' && json !== undefined) {
    throw new CodedError('E_PRECONDITION_FAILED', 'the object is there already, against If-None-Match: *');
  }
}

/** Answers an object as JSON with its ETag. @param shown what is sent in place of the object's own JSON */
export function answerTagged(response: Response, json: string, shown: string = json): void {
  response.setHeader('ETag', tagOf(json));
  answerJson(response, shown);
}

/** Answers with JSON that is text already. */
export function answerJson(response: Response, json: string): void {
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(json));
  response.end(json);
}

function matches(ifMatch: string, json: string | undefined): boolean {
  if (json === undefined) return false;
  const tag = tagOf(json);
  // A weak tag never matches here (RFC 9110, strong comparison).
  return ifMatch.split(',').some((entry) => entry.trim() === '*' || entry.trim() === tag);
}
