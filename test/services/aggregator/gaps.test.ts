import { eventually } from '../../support/eventually.ts';
import { call } from './support/call.ts';
import { Stage } from './support/stage.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.stopTrainers());
afterAll(() => stage.close());

const ROW = {
  signal: 'vibration',
  from: '2026-01-01T00:00:00.000Z',
  to: '2026-01-01T00:00:05.000Z',
  cause: 'server-restarted',
  filled: false,
};

/** A pool of one participant whose heartbeats the test sends. */
async function open(id: string) {
  const token = await stage.create(id);
  const participant = `${id}-1`;
  const trainer = stage.trainer(`pool-${id}`, [participant]);
  await trainer.join(token);
  const beat = (changes: object) =>
    trainer.call('POST', `/api/trainers/pool-${id}/heartbeat`, {
      participants: [
        {
          id: participant,
          state: 'collecting',
          data: [
            {
              federation: id,
              windows: 9,
              trainExamples: 7,
              testExamples: 2,
              excludedWindows: { 'server-restarted': 3 },
              finished: false,
              ready: false,
            },
          ],
          ...changes,
        },
      ],
    });
  return { participant, beat };
}

describe('the gap ledger of a participant', () => {
  it('is shown with its newest rows, which a heartbeat without them leaves as they are [listGaps]', async () => {
    const { participant, beat } = await open('ledger');
    const gaps = { 'server-restarted': { rows: 1, unfilled: 1, unfilledMs: 5000 } };
    const collection = { state: 'degraded', figures: { bridgeSeconds: 3.5 }, gaps };
    expect((await beat({ collection, newestGaps: [ROW] })).status).toBe(200);
    expect((await beat({ collection })).status).toBe(200);

    const rows = await stage.aggregator.get(`/api/participants/${participant}/gaps`);
    const shown = await stage.aggregator.get(`/api/participants/${participant}`);

    expect(rows.body).toEqual([ROW]);
    expect(shown.body.collection).toEqual(collection);
    expect((await stage.aggregator.get('/api/participants/nobody/gaps')).body.code).toBe('E_NOT_FOUND');
    const odd = await beat({ newestGaps: [{ ...ROW, cause: 'aliens' }] });
    expect(odd.body.code).toBe('E_INVALID_INPUT');
  });

  it('stands in the shell: windows left out by cause, rows, and what the machine granted', async () => {
    const { participant, beat } = await open('provenance');
    const gaps = { 'server-restarted': { rows: 2, unfilled: 1, unfilledMs: 5000 } };
    await beat({ collection: { state: 'connected', figures: { bridgeSeconds: 30 }, gaps } });
    const { shellId } = (await stage.aggregator.get(`/api/participants/${participant}`)).body;
    const read = async (path: string) => (await call(stage.aggregator.aas, 'GET', path)).body;
    const encoded = (id: string) => Buffer.from(id).toString('base64url');

    const metrics = await eventually(async () => {
      const references = await read(`/shells/${encoded(shellId)}/submodel-refs`);
      const ids: string[] = (references.result ?? []).map(
        ({ keys }: { keys: { value: string }[] }) => keys[0]?.value,
      );
      const id = ids.find((each) => each.includes('AIDataset-provenance'));
      const value = id === undefined ? undefined : await read(`/submodels/${encoded(id)}/$value`);
      return value?.Metrics?.Gaps_server_restarted === undefined ? undefined : value.Metrics;
    });

    expect(metrics).toMatchObject({
      ExcludedWindows_server_restarted: '3',
      Gaps_server_restarted: '2',
      GapsUnfilled_server_restarted: '1',
      GapsUnfilledMs_server_restarted: '5000',
      Machine_bridgeSeconds: '30',
    });
  });
});

describe('feedback over the API', () => {
  it('reaches the data set and is answered from there, with its refusals [giveFeedback]', async () => {
    const token = await stage.create('feedback');
    const trainer = stage.trainer('pool-feedback', ['feedback-1']);
    await trainer.start(token);
    const give = (participant: string, body: object) =>
      stage.aggregator.post(`/api/participants/${participant}/feedback`, body);

    const { status, body } = await give('feedback-1', { window: 'w64', label: 'bad' });

    expect(status).toBe(200);
    expect(body).toMatchObject({
      participant: 'feedback-1',
      federation: 'feedback',
      window: 'w64',
      label: 'bad',
    });
    expect(trainer.seen).toContainEqual(expect.objectContaining({ kind: 'feedback', window: 'w64' }));
    expect((await give('feedback-1', { window: 'w64', label: 'odd' })).body.code).toBe('E_INVALID_INPUT');
    expect((await give('nobody', { window: 'w64', label: 'bad' })).body.code).toBe('E_NOT_FOUND');
    expect((await give('feedback-1', { label: 'bad' })).body.code).toBe('E_INVALID_INPUT');
  });
});
