import type { Peer } from './peer.ts';

/** A running BaSyx environment, by the environment variable BASYX_URL: its jars are not on Maven Central. */
export async function findBasyx(): Promise<Peer<{ readonly url: string }>> {
  const url = process.env['BASYX_URL'];
  if (url === undefined || url === '') return { found: false, reason: 'BASYX_URL is not set' };
  try {
    const response = await fetch(`${url.replace(/\/+$/, '')}/shells?limit=1`, {
      signal: AbortSignal.timeout(10_000),
    });
    if (response.ok) return { found: true, url };
    return { found: false, reason: `${url} answers ${response.status} to GET /shells` };
  } catch {
    return { found: false, reason: `${url} does not answer` };
  }
}
