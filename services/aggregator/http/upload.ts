import type { Request } from 'express';
import { CodedError } from '../../../runtime/errors.ts';

/** The sha256 that the sender of a file declares. */
export function sha256Of(request: Request<object>): string {
  // The description requires the header, in this form.
  return String(request.headers['x-content-sha256']);
}

/** The body as it comes; a connection that breaks off is a truncated update. */
export async function* bodyOf(request: Request<object>): AsyncGenerator<Uint8Array> {
  try {
    // Not destroyed on a refusal, so that the answer still reaches the sender.
    for await (const chunk of (request as Request).iterator({ destroyOnReturn: false }))
      yield chunk as Uint8Array;
  } catch (cause) {
    throw new CodedError('E_UPDATE_TRUNCATED', 'the connection ended before the update did', { cause });
  }
}
