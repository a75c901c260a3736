import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Federation } from '../../../../openapi/schemas.ts';
import type { Log } from '../../../../runtime/log.ts';
import { silentLog } from '../../../../runtime/log.ts';
import { describeNumerics } from '../../../../services/trainer/backends/backend-plan.ts';
import { Backends } from '../../../../services/trainer/backends/backends.ts';
import { backendFolder, INSTALLED_MARKER } from '../../../../services/trainer/backends/installed-backend.ts';
import type { probeBackend } from '../../../../services/trainer/backends/probe-backend.ts';
import type { ProbeRequest } from '../../../../services/trainer/backends/probe-messages.ts';
import { nodeMajor, wasmNumerics } from '../../../../services/trainer/backends/wasm-numerics.ts';
import { eventually } from '../../../support/eventually.ts';

const FASTEST_WASM = wasmNumerics(nodeMajor() >= 22 ? 'relaxed-simd' : 'simd');

function federation(training: Partial<Federation['training']> = {}): Federation {
  return {
    id: 'gearbox',
    model: { key: 'dense', hidden: [16] },
    profile: {
      signals: { waveform: 'vibration', label: 'condition' },
      window: { length: 64, hop: 64 },
      features: { key: 'log-band-power', bands: 8 },
      classes: ['good', 'worn'],
      testLots: ['test'],
      examples: { ready: 8, maximum: 100, minimumTrain: 8 },
      standardisation: 'local',
    },
    training: {
      localEpochs: 1,
      batchSize: 8,
      seed: 1,
      optimizer: { key: 'sgd', learningRate: 0.1 },
      ...training,
    },
    strategy: { key: 'fed-avg' },
    rounds: 1,
    cohort: { kind: 'all' },
    quorum: { kind: 'fraction', of: 1 },
    deadlineMs: 20_000,
    maximumRoundAttempts: 1,
    maximumUpdateNorm: 1_000_000,
    evaluation: { everyRounds: 1, of: 'all' },
    share: 'full',
  };
}

describe('the backends of a trainer', () => {
  let cacheFolder: string;
  let asked: ProbeRequest[];

  beforeEach(() => {
    cacheFolder = mkdtempSync(join(tmpdir(), 'fedshell-backends-'));
    asked = [];
  });
  afterEach(() => rmSync(cacheFolder, { recursive: true }));

  /** Makes the native backend look set up; the probe of the test answers for it. */
  function setUpNative(): void {
    const folder = backendFolder('tensorflow', cacheFolder);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, INSTALLED_MARKER), '{}');
  }

  /** Answers with the steps a second that a backend has; a backend without any is refused. */
  function probeWith(stepsPerSecond: Readonly<Record<string, number>>, device?: 'gpu'): typeof probeBackend {
    return async (request) => {
      asked.push(request);
      const { numerics } = request.plan;
      const steps = stepsPerSecond[numerics.backend];
      if (steps === undefined) return { kind: 'refused', message: 'no AVX' };
      const onDevice =
        numerics.backend === 'wasm' || device === undefined ? numerics : { ...numerics, device };
      return {
        kind: 'result',
        result: { numerics: onDevice, stepsPerSecond: steps, peakBytes: 1, startMs: 1 },
      };
    };
  }

  function open(options: Partial<Parameters<typeof Backends.open>[0]> = {}): Promise<Backends> {
    return Backends.open({ settings: {}, slots: 1, cacheFolder, log: silentLog, ...options });
  }

  it('need no trial where only WASM is there', async () => {
    const backends = await open({ probe: probeWith({}) });

    expect(backends.preferred).toEqual(FASTEST_WASM);
    expect(backends.forFederation(federation())).toMatchObject({ numerics: FASTEST_WASM });
    expect(asked).toEqual([]);
    expect(backends.refused.map(({ numerics }) => numerics.backend)).toEqual(
      expect.arrayContaining(['tensorflow', 'webgpu']),
    );
  });

  it('log each federation’s choice once, also where nothing is measured', async () => {
    const logged: unknown[] = [];
    const log = { ...silentLog, info: (fields: unknown) => logged.push(fields) } as Log;
    const backends = await open({ log, probe: probeWith({}) });
    for (const id of ['gearbox', 'gearbox', 'spindle']) backends.forFederation({ ...federation(), id });

    const chosen = {
      event: 'backend.chosen',
      backend: describeNumerics(FASTEST_WASM),
      refused: expect.arrayContaining([expect.stringMatching(/^tensorflow .*: not set up/)]),
    };
    expect(logged).toMatchObject([
      { ...chosen, federation: 'gearbox' },
      { ...chosen, federation: 'spindle' },
    ]);
  });

  it('measure a federation’s model once, keep it over a restart, and choose the faster', async () => {
    setUpNative();
    const probe = probeWith({ wasm: 100, tensorflow: 130 });
    const backends = await open({ probe });

    expect(backends.forFederation(federation())).toBeUndefined();
    await eventually(() => backends.forFederation(federation()));
    expect(backends.forFederation(federation())).toEqual({
      numerics: expect.objectContaining({ backend: 'tensorflow' }),
      stepsPerSecond: 130,
      refusedBackends: expect.arrayContaining([
        expect.stringMatching(/^wasm .*: slower: 100 steps\/s against 130$/),
        expect.stringMatching(/^webgpu .*: not set up/),
      ]),
    });
    expect(
      asked.slice(1).map(({ plan, workload }) => [plan.numerics.backend, workload?.featureShape]),
    ).toEqual([
      ['wasm', [8]],
      ['tensorflow', [8]],
    ]);
    await backends.close();

    const again = await open({ probe });
    again.forFederation(federation());
    await eventually(() => again.forFederation(federation()));
    // Only the trial of the start.
    expect(asked).toHaveLength(4);
    await again.close();
  });

  it('give a run that is to be reproducible the plain WASM kernels', async () => {
    setUpNative();
    const backends = await open({ probe: probeWith({ wasm: 1, tensorflow: 1000 }) });

    expect(backends.forFederation(federation({ numerics: 'reproducible' }))).toMatchObject({
      numerics: wasmNumerics('simd'),
    });
    await backends.close();
  });

  it('take a GPU without measuring', async () => {
    setUpNative();
    const backends = await open({ probe: probeWith({ wasm: 1, tensorflow: 1 }, 'gpu') });

    expect(backends.forFederation(federation())).toMatchObject({ numerics: { device: 'gpu' } });
    expect(backends.require(backends.preferred, 'gpu')).toMatchObject({ numerics: { device: 'gpu' } });
    expect(asked).toHaveLength(1);
  });

  it('go on without a backend that crashes, and say so', async () => {
    setUpNative();
    const backends = await open({ probe: probeWith({ wasm: 1 }) });

    expect(backends.preferred).toEqual(FASTEST_WASM);
    expect(backends.refused).toContainEqual({
      numerics: expect.objectContaining({ backend: 'tensorflow' }),
      reason: 'no AVX',
    });
  });

  it('refuse to start when the named backend does not work', async () => {
    const refused = open({ settings: { backend: 'tensorflow' }, probe: probeWith({}) });

    await expect(refused).rejects.toMatchObject({
      code: 'E_BACKEND_UNAVAILABLE',
      message: expect.stringMatching(/^the trainer file names backend tensorflow: not set up/),
    });
  });

  it('refuse jobs of runs that compute with something else, or demand a GPU', async () => {
    const backends = await open();
    const refusal = (act: () => unknown): unknown => {
      try {
        return act();
      } catch (thrown) {
        return thrown;
      }
    };

    expect(backends.require(wasmNumerics('simd'), 'any')).toEqual({ numerics: wasmNumerics('simd') });
    expect(refusal(() => backends.require({ ...FASTEST_WASM, build: 'simd 0' }))).toMatchObject({
      code: 'E_NUMERICS_MISMATCH',
    });
    expect(refusal(() => backends.require(FASTEST_WASM, 'gpu'))).toMatchObject({ code: 'E_NO_GPU' });
    expect(refusal(() => backends.require({ ...FASTEST_WASM, device: 'gpu' }, 'gpu'))).toMatchObject({
      code: 'E_NO_GPU',
    });
  });
});
