import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STRATEGY_KEYS } from '../../../learning/strategies/index.ts';
import type { Federation } from '../../../openapi/schemas.ts';
import type { VirtualData } from '../../../services/simulation/keep-examples.ts';
import { readKernels } from '../../../services/simulation/read-kernels.ts';
import { folderShelf } from '../../../services/simulation/shelf.ts';
import { simulate } from '../../../services/simulation/simulation.ts';
import type { SimulationOptions } from '../../../services/simulation/simulation-options.ts';
import type { TrainingSlots } from '../../../services/trainer/training/training-slots.ts';
import { sampleData, sampleFederation, sampleFolder, sampleTasks } from './sample.ts';

describe('a simulated federation', () => {
  const folder = sampleFolder();
  const kernels = readKernels();
  let data: VirtualData;
  let tasks: TrainingSlots;
  let shelves = 0;
  beforeAll(async () => {
    tasks = sampleTasks(2);
    data = await sampleData(folder);
  });
  afterAll(async () => {
    await tasks.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const newShelf = () => join(folder, `shelf-${shelves++}`);
  const run = (federation: Federation, given: Partial<SimulationOptions> & { readonly at?: string } = {}) => {
    const { at = newShelf(), ...options } = given;
    return simulate({ ...data, federation, tasks, shelf: folderShelf(at), kernels, ...options });
  };

  it('learns, and says what each round came to', async () => {
    const { records, versions } = await run(sampleFederation());

    expect(records.map(({ round }) => round)).toEqual([0, 1, 2, 3]);
    const last = records.at(-1);
    expect(last).toMatchObject({ cohort: { length: 6 }, contributors: { length: 6 }, exampleCount: 240 });
    expect(last?.evaluation?.exampleCount).toBe(120);
    expect(last?.evaluation?.accuracy).toBeGreaterThan(0.7);
    expect(versions.get('main')).toEqual(last?.versions[0]);
  });

  it('gives the same bits whatever the number of processes', async () => {
    const alone = sampleTasks(1);
    try {
      const one = await run(sampleFederation(), { tasks: alone });
      const two = await run(sampleFederation());

      expect(two.records).toEqual(one.records);
    } finally {
      await alone.close();
    }
  });

  it.each([
    ['fed-avg', { strategy: { key: 'fed-avg' } }],
    ['clustered', { strategy: { key: 'clustered', warmUpRounds: 2 } }],
    ['fed-buff', { strategy: { key: 'fed-buff', bufferSize: 3 } }],
    ['scaffold', { strategy: { key: 'scaffold' } }],
    ['ifca', { strategy: { key: 'ifca', groups: 2 } }],
    [
      'top-k with error feedback, downloads as deltas',
      {
        pipeline: {
          participant: [{ kind: 'compress', codec: { key: 'top-k', fraction: 0.1, errorFeedback: true } }],
          download: { key: 'int8' },
        },
      },
    ],
  ])('that is interrupted goes on to the same bits: %s', async (_key, given) => {
    const federation = sampleFederation({ rounds: 4, ...given });
    const whole = await run(federation);
    const at = newShelf();
    const stop = new AbortController();
    const interrupted = run(federation, {
      at,
      signal: stop.signal,
      onRound: ({ round }) => {
        if (round === 2) stop.abort(new Error('power cut'));
      },
    });
    await expect(interrupted).rejects.toThrow('power cut');

    const resumed = await run(federation, { at });

    expect(resumed.records).toEqual(whole.records);
  });

  const needed: Readonly<Record<string, object>> = {
    ifca: { groups: 2 },
    krum: { f: 1 },
    'multi-krum': { f: 1, selected: 3 },
    bulyan: { f: 0 },
    'trimmed-mean': { f: 1 },
    'centred-clipping': { radius: 1 },
    'norm-bounding': { maximumNorm: 1 },
    hierarchical: { attribute: 'site' },
    'fed-buff': { bufferSize: 3 },
  };
  it.each(STRATEGY_KEYS)('performs two rounds of %s', async (key) => {
    const strategy = { key, ...needed[key] };

    const { records } = await run(sampleFederation({ rounds: 2, strategy }));

    expect(records).toHaveLength(3);
    expect(records.at(-1)?.versions.length).toBeGreaterThanOrEqual(1);
    expect(records.at(-1)?.evaluation?.exampleCount).toBe(120);
  });

  it('drops a record that no checkpoint covers', async () => {
    const federation = sampleFederation();
    const at = newShelf();
    const whole = await run(federation, { at, rounds: 2 });
    const shelf = folderShelf(at);
    writeFileSync(
      join(at, 'rounds.jsonl'),
      `${readFileSync(join(at, 'rounds.jsonl'), 'utf8')}{"round":3,"cut`,
    );

    shelf.load();

    expect(shelf.records()).toEqual(whole.records);
  });

  it('keeps only the files of the current versions', async () => {
    const at = newShelf();
    const { versions } = await run(sampleFederation(), { at });

    expect(existsSync(join(at, 'files', versions.get('main')!.sha256))).toBe(true);
    expect(readdirSync(join(at, 'files'))).toHaveLength(1);
  });

  it('refuses a folder of another simulation', async () => {
    const at = newShelf();
    await run(sampleFederation(), { at, rounds: 1 });

    await expect(run(sampleFederation(), { at, seed: 6 })).rejects.toMatchObject({ code: 'E_INVALID_INPUT' });
  });

  it('lets a liar through without gates and holds it back with one', async () => {
    const liar = data.participants[0]!.id;
    const tamper: SimulationOptions['tamper'] = (updates) => {
      for (const { participant, tensors } of updates) {
        if (participant !== liar) continue;
        for (const { values } of tensors.values()) for (const index of values.keys()) values[index]! *= -10;
      }
    };
    const open = await run(sampleFederation(), { tamper });
    const gated = await run(
      sampleFederation({
        pipeline: {
          aggregator: [
            { kind: 'verify' },
            { kind: 'decode' },
            { kind: 'gate', maximumTimesMedianNorm: 3 },
            { kind: 'fold' },
            { kind: 'optimise' },
          ],
        },
      }),
      { tamper },
    );

    expect(open.records.at(-1)?.contributors).toContain(liar);
    expect(gated.records.at(-1)?.contributors).not.toContain(liar);
    expect(gated.records.at(-1)?.refused).toMatchObject([{ participant: liar, code: 'E_UPDATE_NORM' }]);
    const accuracyOf = (result: typeof open) => result.records.at(-1)?.evaluation?.accuracy ?? 0;
    expect(accuracyOf(gated)).toBeGreaterThan(accuracyOf(open));
  });

  it('fails a round that stays below its quorum', async () => {
    const tamper: SimulationOptions['tamper'] = (updates) => {
      for (const { tensors } of updates) {
        for (const { values } of tensors.values()) for (const index of values.keys()) values[index]! *= 1e7;
      }
    };

    const outcome = run(sampleFederation(), { tamper });

    await expect(outcome).rejects.toMatchObject({ code: 'E_RUN_FAILED' });
  });
});
