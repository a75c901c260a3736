import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RequestHandler } from 'express';
import { middleware } from 'express-openapi-validator';
import { parse } from 'yaml';
import { packageRoot } from '../../../runtime/package-root.ts';
import { isUpdatePath } from './update-request.ts';

type Specification = Exclude<Parameters<typeof middleware>[0]['apiSpec'], string>;

/** The API's description, openapi/aggregator.yaml, as an object. */
export function readDescription(): Specification {
  const text = readFileSync(join(packageRoot(), 'openapi', 'aggregator.yaml'), 'utf8');
  // It is our own file, and the type generator has read it.
  return parse(text) as Specification;
}

/** Checks requests (and for tests answers) under /api/ against the description; bodies of files stay streams. `putUpdate` checks itself. */
export function validation(description: Specification, validateResponses: boolean): RequestHandler[] {
  return middleware({
    // It resolves references in place.
    apiSpec: structuredClone(description),
    validateApiSpec: false,
    validateRequests: { allErrors: true },
    validateResponses,
    validateSecurity: false,
    fileUploader: false,
    ignorePaths: (path: string) => !path.startsWith('/api/') || isUpdatePath(path),
  });
}
