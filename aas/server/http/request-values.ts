import type { Request } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import { checkModel } from '../../check-model.ts';
import { decodeIdentifier } from '../../identifier-encoding.ts';
import type { Reference } from '../../model.ts';
import type { Level } from '../storage/element-store.ts';

/** A part of the path by its name in the route. */
export function pathValue(request: Request, name: string): string {
  const value = request.params[name];
  if (typeof value !== 'string') throw new TypeError(`the route has no parameter ${name}`);
  return value;
}

/** An identifier in the path. @throws CodedError `E_INVALID_INPUT` */
export function identifier(
  request: Request,
  name: 'aasIdentifier' | 'submodelIdentifier' | 'cdIdentifier',
): string {
  return decodeIdentifier(pathValue(request, name));
}

/**
 * Refuses modifiers that an operation has not: `$metadata` has no level, what is created or given as a reference no
 * choice of it (IDTA-01002, serialisation modifiers).
 * @param allowed values of `level` that change nothing here. @param extent whether `extent` may be given
 * @throws CodedError `E_INVALID_INPUT`
 */
export function refuseModifiers(
  request: Request,
  allowed: readonly string[] = [],
  extent: 'ignored' | 'refused' = 'ignored',
): void {
  if (!request.url.includes('?')) return;
  const level = queryValue(request, 'level');
  if (level !== undefined && !allowed.includes(level)) {
    throw new CodedError('E_INVALID_INPUT', `level=${level.slice(0, 20)} has no meaning for this operation`);
  }
  if (extent === 'refused' && queryValue(request, 'extent') !== undefined) {
    throw new CodedError('E_INVALID_INPUT', 'extent has no meaning for this operation');
  }
}

/** A query parameter that holds a Reference, as base64url of its JSON. @throws CodedError `E_INVALID_INPUT` */
export function referenceValue(request: Request, name: string): Reference | undefined {
  const encoded = queryValue(request, name);
  if (encoded === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(decodeIdentifier(encoded));
  } catch (cause) {
    throw new CodedError('E_INVALID_INPUT', `${name} must be base64url of a JSON Reference`, { cause });
  }
  // Checked just here.
  return checkModel(json, 'Reference') as unknown as Reference;
}

/** A query parameter that may stand there once. @throws CodedError `E_INVALID_INPUT` */
export function queryValue(request: Request, name: string): string | undefined {
  // The query is parsed at each look at it; most requests have none.
  if (!request.url.includes('?')) return undefined;
  const value: unknown = request.query[name];
  if (value === undefined || typeof value === 'string') return value;
  throw new CodedError('E_INVALID_INPUT', `the query parameter ${name} must stand there once`);
}

/** A query parameter that may stand there several times. @throws CodedError `E_INVALID_INPUT` */
export function queryValues(request: Request, name: string): readonly string[] {
  const value: unknown = request.query[name];
  if (value === undefined) return [];
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.map((item) => {
    if (typeof item !== 'string')
      throw new CodedError('E_INVALID_INPUT', `the query parameter ${name} must be text`);
    return item;
  });
}

/** @throws CodedError `E_INVALID_INPUT` */
export function levelOf(request: Request): Level {
  return choice(request, 'level', ['deep', 'core']);
}

/** Whether the bytes of Blobs are wanted. @throws CodedError `E_INVALID_INPUT` */
export function withBlobValue(request: Request): boolean {
  return choice(request, 'extent', ['withoutBlobValue', 'withBlobValue']) === 'withBlobValue';
}

function choice<Option extends string>(
  request: Request,
  name: string,
  options: readonly [Option, Option],
): Option {
  const value = queryValue(request, name);
  if (value === undefined) return options[0];
  const chosen = options.find((option) => option === value);
  if (chosen === undefined) {
    throw new CodedError('E_INVALID_INPUT', `the query parameter ${name} must be ${options.join(' or ')}`);
  }
  return chosen;
}

/** The JSON body. @throws CodedError `E_INVALID_INPUT` if there is none. */
export function jsonBody(request: Request): unknown {
  const body: unknown = request.body;
  if (body === undefined) {
    throw new CodedError('E_INVALID_INPUT', 'the request needs a body of the type application/json');
  }
  return body;
}

/** Path of the request with a part added, for `Location`: prefix and superpath stay as the caller wrote them. */
export function locationBelow(request: Request, part: string): string {
  const path = request.originalUrl.split('?')[0] ?? '';
  return `${path.replace(/\/$/, '')}/${part}`;
}
