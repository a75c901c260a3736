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
  checkTag(request, () => {
    const json = current();
    return json === undefined ? undefined : tagOf(json);
  });
}

/** The same for a file, whose ETag is its sha256. @param sha256 of the file that is stored */
export function checkFilePrecondition(request: Request, sha256: () => string | undefined): void {
  checkTag(request, () => {
    const stored = sha256();
    return stored === undefined ? undefined : `"${stored}"`;
  });
}

function checkTag(request: Request, current: () => string | undefined): void {
  const ifMatch = request.headers['if-match'];
  const ifNoneMatch = request.headers['if-none-match'];
  if (ifMatch === undefined && ifNoneMatch === undefined) return;
  const tag = current();
  if (ifMatch !== undefined && !matches(ifMatch, tag)) {
    throw new CodedError(
      'E_PRECONDITION_FAILED',
      'the object is not the one that If-Match names; read it again',
    );
  }
  if (ifNoneMatch?.trim() === '*' && tag !== undefined) {
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

function matches(ifMatch: string, tag: string | undefined): boolean {
  if (tag === undefined) return false;
  // A weak tag never matches here (RFC 9110, strong comparison).
  return ifMatch.split(',').some((entry) => entry.trim() === '*' || entry.trim() === tag);
}
