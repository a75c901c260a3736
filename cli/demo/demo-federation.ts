import { join } from 'node:path';
import type { Federation } from '../../openapi/schemas.ts';
import { packageRoot } from '../../runtime/package-root.ts';
import type { DemoOptions } from '../commands/demo.ts';
import { requireKnownModel } from '../model/require-known-model.ts';
import { readInput } from '../terminal/read-input.ts';

/**
 * The federation of the demo: the given file or the example, with the numbers of the command line. Every participant
 * counts in every round, so that two demos see the same updates.
 * @throws CodedError `E_FILE_NOT_FOUND`, `E_INVALID_INPUT`, `E_UNKNOWN_MODEL`
 */
export async function demoDocument(options: DemoOptions): Promise<Federation> {
  const example = join(packageRoot(), 'examples', 'vibration.federation.yaml');
  const document = await readInput('Federation', options.federation ?? example);
  await requireKnownModel(document);
  const { training } = document;
  return {
    ...document,
    training: {
      ...training,
      localEpochs: options.epochs ?? training.localEpochs,
      seed: options.seed ?? training.seed,
    },
    rounds: options.rounds ?? document.rounds,
    quorum: { kind: 'fraction', of: 1 },
  };
}

/** Gives the example the classes of the line; a federation file that the user gave keeps its own. */
export function withLineClasses(
  options: DemoOptions,
  document: Federation,
  classes: readonly string[],
): Federation {
  if (options.federation !== undefined) return document;
  return { ...document, profile: { ...document.profile, classes: [...classes] } };
}
