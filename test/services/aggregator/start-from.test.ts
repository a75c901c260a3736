import { readSafetensors, writeSafetensors } from '../../../learning/weights/safetensors.ts';
import { readVersionMetadata } from '../../../learning/weights/version-metadata.ts';
import { call } from './support/call.ts';
import { federation, initialVersion, sha256 } from './support/federation.ts';
import { Stage } from './support/stage.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});

afterEach(() => stage.stopTrainers());
afterAll(() => stage.close());

async function readVersion(id: string, number: number) {
  const path = `/api/federations/${id}/versions/${number}/weights`;
  const response = await fetch(`${stage.aggregator.url}${path}`);
  return readSafetensors(new Uint8Array(await response.arrayBuffer()));
}

function putStart(id: string, bytes: Uint8Array, declared = sha256(bytes)) {
  const path = `/api/federations/${id}/start-file`;
  return call(stage.aggregator.url, 'PUT', path, undefined, {
    bytes,
    headers: { 'X-Content-Sha256': declared },
  });
}

/** Weights that are nobody's initial ones, for a federation of this id. */
function pretrained(id: string, changes: Parameters<typeof federation>[1] = {}, scale = 100): Uint8Array {
  const { model, profile } = federation(id, changes);
  const { header, tensors } = readSafetensors(initialVersion({ model, profile, scaler: { kind: 'local' } }));
  const scaled = header.tensors.map(({ name, shape }) => ({
    name,
    shape,
    values: tensors.get(name)!.values.map((value) => value * scale),
  }));
  return writeSafetensors(scaled, header.metadata);
}

describe('a run that begins from other weights than the newest', () => {
  it('takes an earlier version for its next one, and goes on from there', async () => {
    const token = await stage.create('back');
    const trainer = stage.trainer('back', ['b-1']);
    await trainer.start(token);
    await stage.ended(await stage.startRun('back'));

    const run = await stage.ended(await stage.startRun('back', { rounds: 1, startFrom: { version: 0 } }));

    expect(run).toMatchObject({ state: 'completed', baseVersion: 3, startFrom: { version: 0 } });
    expect(run.rounds[0]).toMatchObject({ version: 4 });
    const [first, again] = [await readVersion('back', 0), await readVersion('back', 3)];
    expect([...again.tensors.get('dense/kernel')!.values]).toEqual([
      ...first.tensors.get('dense/kernel')!.values,
    ]);
    expect(readVersionMetadata(again.header.metadata).number).toBe(3);
    const { body } = await stage.aggregator.get('/api/federations/back/versions/3');
    const { body: before } = await stage.aggregator.get('/api/federations/back/versions/2');
    expect(body).toMatchObject({ run: run.id, parent: before.sha256 });
  });

  it('takes a file for version 0 of a federation that has none [putStartFile]', async () => {
    const token = await stage.create('trained', { rounds: 1 });
    const trainer = stage.trainer('trained', ['t-1']);
    await trainer.start(token);
    const file = pretrained('trained');
    const { status, body } = await putStart('trained', file);
    const again = await putStart('trained', file);

    const id = await stage.startRun('trained', { startFrom: { file: body.sha256 } });
    const run = await stage.ended(id);

    expect([status, again.status, body.bytes]).toEqual([200, 200, file.byteLength]);
    expect(run).toMatchObject({ state: 'completed', baseVersion: 0 });
    const { tensors } = await readVersion('trained', 0);
    expect(tensors.get('dense/kernel')!.values[8]).toBe(100);
    expect(trainer.seen.map(({ kind }) => kind)).not.toContain('initialise');
  });

  it('gives a file the federation’s scaler where that is made together', async () => {
    const { profile } = federation('any');
    const changes = { profile: { ...profile, standardisation: 'federated' as const }, rounds: 1 };
    const token = await stage.create('together', changes);
    await stage.trainer('together', ['s-1', 's-2']).start(token);
    const { body } = await putStart('together', pretrained('together', changes));

    const run = await stage.ended(await stage.startRun('together', { startFrom: { file: body.sha256 } }));

    expect(run).toMatchObject({ state: 'completed', baseVersion: 0 });
    const { header } = await readVersion('together', 1);
    expect(readVersionMetadata(header.metadata).scaler).toMatchObject({
      kind: 'federated',
      mean: [1, 2, 3, 4],
    });
  });

  it('is refused with weights of another model, not finite, or with another hash', async () => {
    await stage.create('strict');
    const other = pretrained('strict', { model: { key: 'dense', hidden: [9] } });
    const infinite = pretrained('strict', {}, Number.POSITIVE_INFINITY);
    const good = pretrained('strict');

    const answers = [
      await putStart('strict', other),
      await putStart('strict', infinite),
      await putStart('strict', good, '0'.repeat(64)),
      await putStart('strict', new Uint8Array(20)),
    ];

    expect(answers.map(({ body }) => body.code)).toEqual([
      'E_UPDATE_MALFORMED',
      'E_UPDATE_NOT_FINITE',
      'E_UPDATE_HASH',
      'E_MALFORMED_SAFETENSORS',
    ]);
  });

  it('is refused where the start is not there', async () => {
    await stage.create('absent');
    const start = (startFrom: object) => stage.aggregator.post('/api/federations/absent/runs', { startFrom });

    expect(await start({ version: 5 })).toMatchObject({ status: 404, body: { code: 'E_NOT_FOUND' } });
    expect(await start({ file: sha256(new Uint8Array(1)) })).toMatchObject({ status: 404 });
  });
});
