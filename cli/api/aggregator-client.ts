import createClient, { type Client } from 'openapi-fetch';
import type { paths } from '../../openapi/generated/aggregator.ts';
import type { Problem } from '../../openapi/schemas.ts';
import { CodedError, isErrorCode } from '../../runtime/errors.ts';
import type { ApiOptions } from './api-options.ts';
import { readApiToken } from './api-token.ts';

/** The aggregator's API, typed by its description. */
export type AggregatorClient = Client<paths, 'application/json'>;

/** A client of the aggregator that the options name. Its calls fail with CodedErrors through `answered`. */
export function aggregatorClient(options: Pick<ApiOptions, 'aggregator' | 'apiTokenFile'>): AggregatorClient {
  const token = readApiToken(options.apiTokenFile);
  return createClient<paths, 'application/json'>({
    baseUrl: options.aggregator.replace(/\/$/, ''),
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    fetch: async (request: Request) => {
      try {
        return await fetch(request);
      } catch (cause) {
        throw unreachable(options.aggregator, cause);
      }
    },
  });
}

/** The failure of a call that got no answer. */
export function unreachable(url: string, cause: unknown): CodedError {
  return new CodedError('E_UNREACHABLE', `the aggregator at ${url} does not answer`, { cause });
}

interface Answer<Data> {
  readonly data?: Data;
  readonly error?: unknown;
  readonly response: Response;
}

/** The data of an answer. @throws CodedError with the code of the problem that came instead. */
export async function answered<Data>(call: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await call;
  if (response.ok) {
    // A 204 has no body; its Data type is undefined, and any other success carries what the description says.
    return data as Data;
  }
  throw problemOf(error, response);
}

/** Makes a CodedError of a problem document, or of whatever else a foreign server answered. */
export function problemOf(body: unknown, response: Response): CodedError {
  // Every part is checked or optional: the body may come from something that is no aggregator.
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Partial<Problem>;
  if (!isErrorCode(problem.code)) {
    return new CodedError(
      'E_UNREACHABLE',
      `${response.url} answered ${response.status}, not as an aggregator does`,
    );
  }
  return new CodedError(problem.code, problem.detail ?? problem.title ?? problem.code, {
    faults: problem.faults ?? [],
    details: problem.details ?? {},
  });
}
