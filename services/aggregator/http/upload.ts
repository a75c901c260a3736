import type { Request } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import { withProgress } from './with-progress.ts';

/** The sha256 that the sender of a file declares. */
export function sha256Of(request: Request<object>): string {
  // The description requires the header, in this form.
  return String(request.headers['x-content-sha256']);
}

/**
 * The body as it comes; a connection that breaks off is a truncated update, and so is one that stalls.
 * @param stallMs see `withProgress`.
 * @throws CodedError `E_UPDATE_TRUNCATED`
 */
export async function* bodyOf(request: Request<object>, stallMs: number): AsyncGenerator<Uint8Array> {
  // A sender who asked first is told to go on; one who did not is not disturbed by it.
  if (request.headers.expect !== undefined) (request as Request).res?.writeContinue();
  // Not destroyed on a refusal, so that the answer still reaches the sender.
  const chunks = (request as Request).iterator({ destroyOnReturn: false });
  try {
    yield* withProgress(chunks[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>, stallMs);
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw new CodedError('E_UPDATE_TRUNCATED', 'the connection ended before the update did', { cause });
  }
}
