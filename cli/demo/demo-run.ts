import type { Participant, Run } from '../../openapi/schemas.ts';
import { type AggregatorClient, answered } from '../api/aggregator-client.ts';
import { poll } from '../terminal/poll.ts';

interface DemoRunOptions {
  readonly client: AggregatorClient;
  readonly federation: string;
  readonly participants: readonly string[];
  readonly signal: AbortSignal;
}

/** The newest run of a federation; undefined before its first. */
async function newestRun(client: AggregatorClient, federation: string): Promise<Run | undefined> {
  const params = { query: { federation } };
  const [newest] = await answered(client.GET('/api/runs', { params }));
  return newest;
}

/** Waits until all participants have joined the federation and returns them. */
function joinedParticipants(options: DemoRunOptions): Promise<Participant[]> {
  const { client, federation, participants, signal } = options;
  return poll(
    async () => {
      const all = await answered(client.GET('/api/participants'));
      const joined = all.filter(
        ({ id, federations }) => participants.includes(id) && federations.includes(federation),
      );
      return joined.length === participants.length ? joined : undefined;
    },
    { what: `the participants ${participants.join(', ')} to join`, signal },
  );
}

/** The run of the demo: the one the state has, resumed if it was paused, else a new one once all have joined. */
export async function demoRun(options: DemoRunOptions): Promise<Run> {
  const { client, federation } = options;
  const existing = await newestRun(client, federation);
  if (existing?.state === 'paused') {
    const params = { path: { runId: existing.id, command: 'resume' as const } };
    return answered(client.POST('/api/runs/{runId}/{command}', { params }));
  }
  if (existing !== undefined) return existing;
  await joinedParticipants(options);
  const params = { path: { federationId: federation } };
  return answered(client.POST('/api/federations/{federationId}/runs', { params, body: {} }));
}
