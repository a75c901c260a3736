import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Federation } from '../../openapi/schemas.ts';
import { CodedError, type Fault } from '../../runtime/errors.ts';
import type { DemoOptions } from '../commands/demo.ts';

/**
 * Refuses recordings that no model can be learned from, as far as their manifest tells: fewer than two labels, or a
 * participant without a row to train on. How long the files are is seen only while they are played.
 * @throws CodedError `E_INVALID_MANIFEST`, and as `readManifest` does
 */
export async function requireTrainable(options: DemoOptions, { profile }: Federation): Promise<void> {
  // What is generated fits.
  if (options.data === undefined || (await isGenerated(options.data))) return;
  const folder = resolve(options.data);
  const { readManifest } = await import('../../connectors/recording/manifest.ts');
  const { group, groups, labels } = await readManifest(folder, {
    ...(options.group === undefined ? {} : { group: options.group }),
    ...(options.participants === undefined ? {} : { groups: options.participants }),
  });
  const faults: Fault[] = [];
  if (labels.length < 2) {
    const message = `every row is "${labels.join()}"; a model needs at least two labels to tell apart`;
    faults.push({ path: 'label', message });
  }
  const testLots = profile.testLots ?? [];
  const { length } = profile.window;
  for (const { value, rows } of groups) {
    const canTrain = rows.some((row) => !testLots.includes(row.lot) && (row.rows ?? length) >= length);
    if (canTrain) continue;
    const lines = { line: rows[0]?.line ?? 1 };
    const message = `none of the ${rows.length} rows of ${group} "${value}" is for training: their split is ${testLots.join(' or ')}, or they are shorter than a window of ${length}`;
    faults.push({ path: 'split', ...lines, message });
  }
  if (faults.length === 0) return;
  throw new CodedError('E_INVALID_MANIFEST', `${join(folder, 'manifest.csv')} leaves nothing to learn from`, {
    faults,
  });
}

async function isGenerated(data: string): Promise<boolean> {
  const { DEMOS_SYNTHETIC } = await import('../../simulator/demos-synthetic/speakers.ts');
  return basename(data) === DEMOS_SYNTHETIC && !existsSync(data);
}
