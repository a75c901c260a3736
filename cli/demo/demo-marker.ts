import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { Federation } from '../../openapi/schemas.ts';
import { canonicalJson } from '../../runtime/canonical-json.ts';
import type { DemoOptions } from '../commands/demo.ts';
import type { StateMarker } from '../plant/state-folder.ts';

/** What a demo's state folder is made for: the options that decide its result, with their defaults filled in. */
export function demoMarker(options: DemoOptions, federation: Federation, machines: number): StateMarker {
  const { localEpochs, seed } = federation.training;
  return {
    command: 'demo',
    options: {
      participants: machines,
      rounds: federation.rounds,
      epochs: localEpochs,
      seed,
      data: options.data === undefined ? null : resolve(options.data),
      group: options.group ?? null,
      federation: federation.id,
      'federation file': createHash('sha256').update(canonicalJson(federation)).digest('hex').slice(0, 12),
    },
  };
}
