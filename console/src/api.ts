import createClient from 'openapi-fetch';
import type { components, paths } from '../../openapi/generated/aggregator.ts';

export type Schemas = components['schemas'];
export type Run = Schemas['Run'];
export type Participant = Schemas['Participant'];
export type ModelVersion = Schemas['ModelVersion'];
export type ProfileChoice = Schemas['ProfileChoice'];
export type Federation = Schemas['Federation'];

const TOKEN_KEY = 'fedshell.apiToken';

/** The API token of this browser tab; empty where the aggregator asks for none. */
export const apiToken = (): string => sessionStorage.getItem(TOKEN_KEY) ?? '';

export function keepApiToken(token: string): void {
  sessionStorage.setItem(TOKEN_KEY, token);
}

/** Headers of every request. */
export function authorization(): Record<string, string> {
  return apiToken() === '' ? {} : { authorization: `Bearer ${apiToken()}` };
}

/** The aggregator this page came from. */
export const api = createClient<paths>({ baseUrl: '' });
api.use({
  onRequest: ({ request }) => {
    for (const [name, value] of Object.entries(authorization())) request.headers.set(name, value);
  },
});

/** The text of a refused request, with its faults, for a person. */
export function describeProblem(problem: Schemas['Problem'] | undefined): string {
  if (problem === undefined) return 'the aggregator did not answer';
  const faults = (problem.faults ?? []).map((fault) => `${fault.path}: ${fault.message}`);
  return [`${problem.detail ?? problem.title} (${problem.code})`, ...faults].join('\n');
}
