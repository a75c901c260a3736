import type { Response } from 'express';

/** Aborted when the connection of an answer closes, before or after the answer. */
export function goneSignal(response: Response): AbortSignal {
  const gone = new AbortController();
  // With a reason of its own, as the one by default is an error with its stack.
  response.once('close', () => gone.abort('gone'));
  return gone.signal;
}
