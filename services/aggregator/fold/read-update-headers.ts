import type { ReadableUpdate } from '../../../learning/pipeline/stream-reducer.ts';
import { readUpdateHeader, type UpdateHeader } from '../../../learning/update-header.ts';

/** What verified updates say of themselves, in their order; the values are not read. */
export async function readUpdateHeaders(updates: readonly ReadableUpdate[]): Promise<UpdateHeader[]> {
  const headers: UpdateHeader[] = [];
  for (const update of updates) {
    const stream = await update.open();
    await stream.close();
    headers.push(readUpdateHeader(stream.header));
  }
  return headers;
}
