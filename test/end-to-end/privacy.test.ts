import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, constants as zlib } from 'node:zlib';
import type { Run } from '../../openapi/schemas.ts';
import { type FrozenIndex, readFrozenIndex } from '../../services/trainer/data-set/frozen-index.ts';
import { ForeignClient } from '../services/aggregator/support/foreign-client.ts';
import { LeakSearch } from '../support/leak-search.ts';
import { Plant } from '../support/plant.ts';
import { type RecordingProxy, startRecordingProxy } from '../support/recording-proxy.ts';

/** A sensor's samples, and the feature vectors, standardised and not, with the scaler: all that must stay at the site. */
async function privateSequences(trainerFolder: string): Promise<Float32Array[]> {
  const sequences: Float32Array[] = [];
  const participants = join(trainerFolder, 'participants');
  for (const id of readdirSync(participants)) {
    const samples = readFileSync(join(participants, id, 'samples.f32'));
    sequences.push(new Float32Array(new Uint8Array(samples).buffer));
    for (const name of readdirSync(join(participants, id, 'frozen'))) {
      sequences.push(...vectorsOf(await readFrozenIndex(join(participants, id, 'frozen', name))));
    }
  }
  return sequences;
}

function vectorsOf({ featureShape, train, test, scaler }: FrozenIndex): Float32Array[] {
  const featureCount = featureShape[0]!;
  const mean = Float32Array.from(scaler.mean);
  const deviation = Float32Array.from(scaler.standardDeviation);
  const vectors = [mean, deviation];
  for (const { features } of [train, test]) {
    for (let begin = 0; begin < features.length; begin += featureCount) {
      const vector = features.slice(begin, begin + featureCount);
      vectors.push(
        vector,
        vector.map((value, index) => (value - scaler.mean[index]!) / scaler.standardDeviation[index]!),
      );
    }
  }
  return vectors;
}

/** A stream with every compressed body in it unpacked behind it. */
function withUnpackedBodies(stream: Buffer): Buffer {
  const unpacked: Buffer[] = [stream];
  const gzip = Buffer.from([0x1f, 0x8b, 0x08]);
  for (let at = stream.indexOf(gzip); at >= 0; at = stream.indexOf(gzip, at + 1)) {
    try {
      unpacked.push(gunzipSync(stream.subarray(at), { finishFlush: zlib.Z_SYNC_FLUSH }));
    } catch {
      // Three bytes of weights that happen to look like the beginning of a gzip stream.
    }
  }
  return Buffer.concat(unpacked);
}

describe('what leaves a site in a run', () => {
  const plant = new Plant();
  let toAggregator: RecordingProxy;
  let toRedis: RecordingProxy;
  let sent: Buffer[];
  let search: LeakSearch;

  beforeAll(async () => {
    const portOf = (url: string | undefined) => Number(new URL(url ?? '').port);
    toAggregator = await startRecordingProxy(() => portOf(plant.up?.api));
    toRedis = await startRecordingProxy(() => portOf(plant.up?.queue.url));
    await plant.start('--external-url', `http://127.0.0.1:${toAggregator.port}`);
    const { id } = await plant.createFederation((federation) => {
      federation.rounds = 2;
      federation.training.localEpochs = 2;
    });
    await plant.simulate('site', 3, (file) => {
      file.aggregator = `http://127.0.0.1:${toAggregator.port}`;
      const redis = new URL(file.queue?.redis ?? '');
      redis.port = String(toRedis.port);
      file.queue = { ...file.queue, redis: redis.href };
      file.participants[0]!.id = 'machine-1';
    });
    plant.train('site');
    await plant.joined('machine-1');
    const started = await plant.command<Run>('run', 'start', id);
    expect(await plant.ended(started.id)).toMatchObject({ state: 'completed' });
    await command();
    sent = [...toAggregator.sent(), ...toRedis.sent()].map(withUnpackedBodies);
    search = new LeakSearch(await privateSequences(plant.trainerFolder('site')));
  }, 180_000);

  /** What a person asks of the site through the AAS: a window's class, and a label for it. */
  async function command(): Promise<void> {
    const client = new ForeignClient(() => plant.up?.aas ?? '');
    const commands = await client.commandsOf('participant', 'machine-1');
    const inferred = await client.invoke(commands, 'infer', { window: 'latest' });
    expect(inferred).toMatchObject({ executionState: 'Completed', result: { participant: 'machine-1' } });
    const { window, class: label } = inferred.result;
    const feedback = await client.invoke(commands, 'feedbackToAi', { window, label });
    expect(feedback).toMatchObject({ executionState: 'Completed', result: { window, label } });
  }

  afterAll(async () => {
    await plant.end();
    await Promise.all([toAggregator.close(), toRedis.close()]);
  });

  it('is the whole of it: updates went to the aggregator and job results to Redis', () => {
    const text = (proxy: RecordingProxy) => Buffer.concat(proxy.sent()).toString('latin1');
    expect(text(toAggregator)).toMatch(/PUT \/api\/runs\/\S+\/updates\/machine-1/);
    expect(text(toAggregator)).toContain('/evaluations');
    expect(text(toAggregator)).toMatch(/PUT \/api\/commands\/\S+\/answers\/machine-1/);
    expect(text(toAggregator)).toMatch(/"kind":"infer"[^}]*"probabilities":/);
    expect(text(toAggregator)).toContain('"kind":"feedback"');
    expect(text(toRedis)).toContain('{fl}');
    // Unlike HTTP/1.1 in the clear, TLS or another encoding would blind the search.
    expect(text(toAggregator)).not.toMatch(/content-encoding: (br|deflate|zstd)/i);
  });

  it('has no eight consecutive samples, no feature vector and no local scaler in it', () => {
    expect(sent.flatMap((stream) => search.search(stream))).toEqual([]);
  });

  it('would show a planted leak', async () => {
    const [samples] = await privateSequences(plant.trainerFolder('site'));
    const eight = samples!.slice(1000, 1008);
    const leak = Buffer.from(new Uint8Array(eight.buffer));
    const update = sent.find((stream) => stream.includes('/updates/')) as Buffer;
    const planted = Buffer.concat([
      update.subarray(0, update.length >> 1),
      leak,
      update.subarray(update.length >> 1),
    ]);
    expect(search.search(planted)).toContainEqual({ form: 'f32', sequence: 0 });
    expect(search.search(Buffer.concat([update, Buffer.from(`"${leak.toString('base64')}"`)]))).toHaveLength(
      1,
    );
    expect(search.search(Buffer.concat([update, Buffer.from([...eight].join(' '))]))).toHaveLength(1);
  });
});
