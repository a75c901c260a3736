import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Federation } from '../../openapi/schemas.ts';
import { validate } from '../../openapi/validate.ts';
import { packageRoot } from '../../runtime/package-root.ts';

/** The federations among the shipped examples; other files there (trainer files, models) are passed over. */
export function readExamples(folder = join(packageRoot(), 'examples')): Federation[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => /\.ya?ml$/.test(file))
    .sort()
    .flatMap((file) => {
      const document: unknown = parse(readFileSync(join(folder, file), 'utf8'));
      const isFederation = typeof document === 'object' && document !== null && 'profile' in document;
      return isFederation ? [validate('Federation', document, file)] : [];
    });
}
