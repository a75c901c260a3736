import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packageRoot } from '../../runtime/package-root.ts';

// As an ES module the SDK does not load: its imports have no extensions.
const load = createRequire(join(packageRoot(), 'package.json'));

/** The BaSyx TypeScript SDK 1.0.2, a client that knows nothing of ours. */
export const sdk = load('basyx-typescript-sdk') as typeof import('basyx-typescript-sdk');

/** The metamodel whose objects the SDK takes and gives. */
export const metamodel = load(
  '@aas-core-works/aas-core3.0-typescript',
) as typeof import('@aas-core-works/aas-core3.0-typescript');

type Answer<Data> = { success: true; data: Data } | { success: false; error: unknown };

/** The data of an answer. @throws Error with what the SDK reports instead */
export function dataOf<Data>(answer: Answer<Data>): Data {
  if (answer.success) return answer.data;
  throw new Error(JSON.stringify(answer.error));
}

/** Code of the first message of a refusal. */
export function codeOf(answer: Answer<unknown>): unknown {
  if (answer.success) return 'success';
  // The SDK gives the Result body as the server sent it, its types say less.
  return (answer.error as { messages?: { code?: unknown }[] }).messages?.[0]?.code;
}
