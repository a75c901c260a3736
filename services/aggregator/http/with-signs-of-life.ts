import type { ServerResponse } from 'node:http';

/** Much less than the silence after which a trainer gives a request up. */
const INTERVAL_MS = 15_000;

/**
 * Tells who waits for the answer now and then that the work goes on (102, RFC 2518): to write and check many large updates at
 * a time may take minutes on a slow disk, and who gives up meanwhile sends all of it again.
 */
export async function withSignsOfLife<Result>(
  response: ServerResponse,
  work: () => Promise<Result>,
  intervalMs = INTERVAL_MS,
): Promise<Result> {
  const timer = setInterval(() => {
    if (!response.headersSent && !response.destroyed) response.writeProcessing();
  }, intervalMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
