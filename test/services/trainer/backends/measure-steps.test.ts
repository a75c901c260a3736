import { measureSteps } from '../../../../services/trainer/backends/measure-steps.ts';
import { probeTimeoutMs } from '../../../../services/trainer/backends/probe-backend.ts';
import { SMALL_WORKLOAD } from '../../../../services/trainer/backends/probe-messages.ts';
import { loadTensorFlow } from '../../../../services/trainer/training/tensor-flow.ts';

/** A clock that so many milliseconds pass on between two looks at it. */
function clock(passingMs: number): () => number {
  let nowMs = 0;
  return () => {
    nowMs += passingMs;
    return nowMs;
  };
}

describe('the measurement of training steps', () => {
  it('takes one warm and one measured step where they are long', async () => {
    const tf = await loadTensorFlow();
    const before = tf.memory().numTensors;

    const { steps, stepsPerSecond } = await measureSteps(tf, SMALL_WORKLOAD, clock(9_000));

    expect(steps).toBe(2);
    expect(stepsPerSecond).toBeCloseTo(1 / 18, 5);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('takes several slices of steps where they are short', async () => {
    const { steps } = await measureSteps(await loadTensorFlow(), SMALL_WORKLOAD, clock(10));

    expect(steps).toBeGreaterThan(30);
  });

  it('goes on where only the first step is long, such as one that compiles', async () => {
    let looks = 0;
    const now = () => {
      looks += 1;
      return looks < 2 ? 0 : 5_000 + 10 * looks;
    };

    const { steps } = await measureSteps(await loadTensorFlow(), SMALL_WORKLOAD, now);

    expect(steps).toBeGreaterThan(30);
  });

  it('has the time that its workload needs', () => {
    const speech = { model: { key: 'vgg-15' }, featureShape: [373, 64], classes: 7, batchSize: 8 };

    expect(probeTimeoutMs(undefined)).toBe(60_000);
    expect(probeTimeoutMs(SMALL_WORKLOAD)).toBe(60_000);
    // Several times the two steps of 18 s.
    expect(probeTimeoutMs(speech)).toBeGreaterThan(340_000);
    expect(probeTimeoutMs({ ...speech, batchSize: 4096 })).toBe(900_000);
  });
});
