import { eventually } from '../../support/eventually.ts';
import { call } from './support/call.ts';
import { federation } from './support/federation.ts';
import { Stage } from './support/stage.ts';

let stage: Stage;
let token: string;

beforeAll(async () => {
  stage = await Stage.open({ offlineAfterMs: 600 });
  token = await stage.create('press-shop');
});

afterEach(() => stage.stopTrainers());
afterAll(() => stage.close());

function remove(id: string) {
  return call(stage.aggregator.url, 'DELETE', `/api/participants/${id}`);
}

describe('a federation', () => {
  it('is created once, with its defaults filled in [createFederation] [getFederation] [listFederations]', async () => {
    const { cohort, quorum, evaluation, strategy, ...bare } = federation('bare');

    const created = await stage.aggregator.post('/api/federations', bare);
    const again = await stage.aggregator.post('/api/federations', bare);
    const { body } = await stage.aggregator.get('/api/federations/bare');
    const { body: all } = await stage.aggregator.get('/api/federations');

    expect(created.status).toBe(201);
    expect(body.federation).toMatchObject({ cohort: { kind: 'all' }, quorum: { kind: 'fraction', of: 0.8 } });
    expect(body).toMatchObject({ participants: [], version: null });
    expect([again.status, again.body.code]).toEqual([409, 'E_ALREADY_EXISTS']);
    expect(all.map(({ federation: each }: { federation: { id: string } }) => each.id)).toEqual([
      'bare',
      'press-shop',
    ]);
  });

  it('is refused with every fault and its path', async () => {
    const { status, body } = await stage.aggregator.post('/api/federations', {
      ...federation('faulty'),
      rounds: 0,
      speed: 'fast',
    });

    expect([status, body.code]).toEqual([400, 'E_INVALID_INPUT']);
    expect(body.faults.map(({ path }: { path: string }) => path).sort()).toEqual(['/rounds', '/speed']);
  });

  it('is refused with the list of known strategies if it names another one', async () => {
    const { body } = await stage.aggregator.post(
      '/api/federations',
      federation('odd', { strategy: { key: 'guess' } }),
    );

    expect([body.code, body.details.known]).toEqual([
      'E_UNKNOWN_STRATEGY',
      expect.arrayContaining(['fed-avg']),
    ]);
  });
});

describe('a trainer', () => {
  it('joins with a token, gets a key, and its participants are admitted [joinTrainer] [createJoinToken]', async () => {
    const { status, body } = await stage.aggregator.post('/api/federations/press-shop/tokens');
    const trainer = stage.trainer('hall-1', ['press-1', 'press-2']);

    const joined = await trainer.join(body.joinToken);

    expect([status, joined.status]).toEqual([201, 200]);
    expect(joined.body.key).toMatch(/^hall-1\./);
    expect(trainer.federations).toEqual(['press-shop']);
    const { body: summary } = await stage.aggregator.get('/api/federations/press-shop');
    expect(summary.participants).toEqual(['press-1', 'press-2']);
  });

  it('is refused with a token that is not ours, and without any', async () => {
    const trainer = stage.trainer('hall-x', ['x-1']);

    const wrong = await trainer.join(`${token.split('.')[0]}.${'A'.repeat(43)}`);
    const none = await trainer.join();

    expect([wrong.status, wrong.body.code]).toEqual([401, 'E_TOKEN_REFUSED']);
    expect([none.status, none.body.code]).toEqual([401, 'E_UNAUTHORIZED']);
  });

  it('cannot take the participants or the id of another pool', async () => {
    const owner = stage.trainer('hall-2', ['owned-1']);
    await owner.join(token);
    await owner.heartbeat();

    const thief = await stage.trainer('hall-3', ['owned-1']).join(token);
    const double = await stage.trainer('hall-2', ['owned-1']).join(token);

    expect([thief.status, thief.body.code, thief.body.faults[0].path]).toEqual([
      409,
      'E_PARTICIPANT_TAKEN',
      '/participants/0/id',
    ]);
    expect([double.status, double.body.code]).toEqual([401, 'E_UNAUTHORIZED']);
  });

  it('may join again with the token as long as the answer with its key can have been lost', async () => {
    const first = stage.trainer('hall-5', ['lost-1']);
    await first.join(token);

    const second = stage.trainer('hall-5', ['lost-1']);
    const { status, body } = await second.join(token);

    expect([status, typeof body.key]).toEqual([200, 'string']);
    expect((await first.heartbeat()).status).toBe(401);
    expect((await second.heartbeat()).status).toBe(200);
  });

  it('adds and takes participants by joining again with its key', async () => {
    const trainer = stage.trainer('hall-6', ['k-1', 'k-2']);
    await trainer.join(token);

    const { status, body } = await trainer.join(undefined, ['k-2', 'k-3']);

    expect([status, body.key]).toEqual([200, undefined]);
    const states = await Promise.all(
      ['k-1', 'k-2', 'k-3'].map((id) => stage.aggregator.get(`/api/participants/${id}`)),
    );
    expect(states.map((answer) => answer.status)).toEqual([404, 200, 200]);
    expect(states[2]!.body.federations).toEqual(['press-shop']);
  });

  it('speaks for its own pool only [heartbeat]', async () => {
    const trainer = stage.trainer('hall-7', ['h-1']);
    await trainer.join(token);

    const other = await trainer.call('POST', '/api/trainers/hall-1/heartbeat', { participants: [] });
    const operator = await trainer.call('POST', '/api/federations', federation('by-trainer'));
    const nobody = await stage.aggregator.post('/api/trainers/hall-7/heartbeat', { participants: [] });

    expect([other.status, other.body.code]).toEqual([403, 'E_FORBIDDEN']);
    expect([operator.status, operator.body.code]).toEqual([403, 'E_FORBIDDEN']);
    expect([nobody.status, nobody.body.code]).toEqual([401, 'E_UNAUTHORIZED']);
  });
});

describe('a participant', () => {
  it('is what its heartbeats say, and offline when they stay away [getParticipant] [listParticipants]', async () => {
    const trainer = stage.trainer('hall-8', ['b-1', 'b-2']);
    trainer.ready.delete('b-2');
    await trainer.join(token);
    await trainer.heartbeat();

    const { body: ready } = await stage.aggregator.get('/api/participants/b-1');
    const { body: collecting } = await stage.aggregator.get('/api/participants/b-2');
    const silent = await eventually(async () => {
      const { body } = await stage.aggregator.get('/api/participants/b-1');
      return body.state === 'offline' ? body : undefined;
    });
    const { body: all } = await stage.aggregator.get('/api/participants');

    expect(ready).toMatchObject({ state: 'ready', pool: 'hall-8', signals: ['vibration', 'condition'] });
    expect(collecting).toMatchObject({ state: 'collecting', data: [{ reason: 'has 3 of 10 windows' }] });
    expect(silent.reason).toContain('hall-8 has been silent');
    expect(all.map(({ id }: { id: string }) => id)).toContain('b-2');
  });

  it('stays out when an operator took it out, until a token admits it [removeParticipant]', async () => {
    const trainer = stage.trainer('hall-9', ['out-1', 'out-2']);
    await trainer.join(token);

    const removed = await remove('out-1');
    await trainer.join();
    const { body: without } = await stage.aggregator.get('/api/federations/press-shop');
    await trainer.join(token);
    const { body: back } = await stage.aggregator.get('/api/federations/press-shop');
    const unknown = await remove('nobody');

    expect([removed.status, unknown.status]).toEqual([204, 404]);
    expect(without.participants).toContain('out-2');
    expect(without.participants).not.toContain('out-1');
    expect(back.participants).toContain('out-1');
  });

  it('has a shell with its data set’s sizes, and none when it is taken out', async () => {
    const trainer = stage.trainer('hall-10', ['shell-1']);
    await trainer.join(token);
    await trainer.heartbeat();
    const { body } = await stage.aggregator.get('/api/participants/shell-1');
    const id = Buffer.from(`${body.shellId}:AIDataset-press-shop`).toString('base64url');
    const read = () => call(stage.aggregator.aas, 'GET', `/submodels/${id}/$value`);

    const value = await eventually(async () => {
      const { body: answer } = await read();
      return answer.SizeInformation?.TrainSize === '40' ? answer : undefined;
    });
    await remove('shell-1');
    await eventually(async () => (await read()).status === 404);

    expect(value.SizeInformation).toEqual({
      CompleteSize: '50',
      TrainSize: '40',
      TestSize: '10',
      SplitRatio: '40:10',
    });
  });

  it('is admitted to a further federation if it has every signal of the profile [admitParticipants]', async () => {
    const trainer = stage.trainer('hall-11', ['a-1']);
    await trainer.join(token);
    await stage.create('second');
    const { profile } = federation('any');
    const signals = { ...profile.signals, lot: 'lot' };
    await stage.create('demanding', { profile: { ...profile, signals } });

    const admitted = await stage.aggregator.post('/api/federations/second/participants', {
      participants: ['a-1'],
    });
    const refused = await stage.aggregator.post('/api/federations/demanding/participants', {
      participants: ['a-1', 'nobody'],
    });
    await trainer.heartbeat();

    expect([admitted.status, admitted.body.participants]).toEqual([200, ['a-1']]);
    expect(refused.body.faults).toEqual([
      { path: '/participants/0', message: 'a-1 has no signal lot' },
      { path: '/participants/1', message: 'nobody has not joined' },
    ]);
    expect(trainer.federations).toEqual(['press-shop', 'second']);
  });

  it('is listed with the profiles that its signals fit [listProfiles]', async () => {
    const { body } = await stage.aggregator.get('/api/profiles');

    const fitting = (id: string) =>
      body.find((choice: { federation: { id: string } }) => choice.federation.id === id).participants;
    expect(fitting('second')).toContain('a-1');
    expect(fitting('demanding')).toEqual([]);
  });
});
