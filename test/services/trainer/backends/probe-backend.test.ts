import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probeBackend } from '../../../../services/trainer/backends/probe-backend.ts';
import { wasmNumerics } from '../../../../services/trainer/backends/wasm-numerics.ts';

const plan = { numerics: wasmNumerics('simd') };

describe('the probe of a backend', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fedshell-probe-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A process that answers no probe. */
  function entry(name: string, text: string): string {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  }

  it('trains in a process of its own and measures it', async () => {
    const answer = await probeBackend({ plan });

    expect(answer).toMatchObject({ kind: 'result', result: { numerics: plan.numerics } });
    const { stepsPerSecond, peakBytes, startMs } =
      answer.kind === 'result' ? answer.result : fail(answer.message);
    expect(Math.min(stepsPerSecond, peakBytes, startMs)).toBeGreaterThan(0);
  });

  it('measures the model and batch that it is given', async () => {
    const workload = {
      model: { key: 'dense', hidden: [16] },
      featureShape: [8],
      classes: 3,
      batchSize: 4,
    };

    expect(await probeBackend({ plan, workload })).toMatchObject({ kind: 'result' });
  });

  it('refuses with the reason what does not load', async () => {
    const numerics = { ...plan.numerics, backend: 'tensorflow' };

    expect(await probeBackend({ plan: { numerics, folder } })).toEqual({
      kind: 'refused',
      message: expect.stringContaining('libtensorflow does not load'),
    });
    expect(await probeBackend({ plan: { numerics } })).toEqual({
      kind: 'refused',
      message: 'tensorflow is not set up; see docs/gpu.md',
    });
    expect(await probeBackend({ plan: { numerics: { ...plan.numerics, build: 'simd 0' } } })).toEqual({
      kind: 'refused',
      message: 'there are no WASM kernels simd 0 here',
    });
  });

  it('survives a backend that crashes, with its last words', async () => {
    const crashing = entry(
      'crash.mjs',
      "process.stderr.write('no AVX\\n', () => process.kill(process.pid, 'SIGILL'));",
    );

    expect(await probeBackend({ plan }, { entry: crashing })).toEqual({
      kind: 'refused',
      message: 'its process ended with SIGILL: no AVX',
    });
  });

  it('ends a backend that hangs', async () => {
    const hanging = entry('hang.mjs', 'setInterval(() => undefined, 1000);');

    expect(await probeBackend({ plan }, { entry: hanging, timeoutMs: 200 })).toEqual({
      kind: 'refused',
      message: 'no answer within 200 ms',
    });
  });

  it('gives the process drivers and paths of the service, but no secret', async () => {
    const telling = entry(
      'environment.mjs',
      "process.on('message', () => process.send({ kind: 'refused', message: Object.keys(process.env).join() }));",
    );
    const environment = { PATH: process.env['PATH'], API_TOKEN: 'secret', VK_DRIVER_FILES: '/driver.json' };
    const { message } = (await probeBackend({ plan }, { entry: telling, environment })) as {
      message: string;
    };

    expect(message).toContain('VK_DRIVER_FILES');
    expect(message).not.toContain('API_TOKEN');
  });
});

function fail(message: string): never {
  throw new Error(message);
}
