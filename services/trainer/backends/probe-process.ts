import { toCodedError } from '../../../runtime/errors.ts';
import { checkTraining } from './check-training.ts';
import { openBackend } from './load-backend.ts';
import { measureSteps } from './measure-steps.ts';
import { type ProbeAnswer, type ProbeRequest, type ProbeResult, SMALL_WORKLOAD } from './probe-messages.ts';

/** A process that loads one backend, tries it and ends: a crash or a hang of a native library costs nothing else. */
function main(): void {
  process.once('disconnect', () => process.exit());
  process.once('message', (request: ProbeRequest) => {
    void answerTo(request).then((answer) => {
      process.send?.(answer, undefined, undefined, () => process.exit());
    });
  });
  if (!process.connected) process.exit();
}

async function answerTo(request: ProbeRequest): Promise<ProbeAnswer> {
  try {
    return { kind: 'result', result: await probe(request) };
  } catch (thrown) {
    return { kind: 'refused', message: toCodedError(thrown).message };
  }
}

async function probe({ plan, workload = SMALL_WORKLOAD }: ProbeRequest): Promise<ProbeResult> {
  const { tf, numerics, deviceName } = await openBackend(plan);
  await checkTraining(tf);
  const { stepsPerSecond, firstStepAtMs } = await measureSteps(tf, workload);
  return {
    numerics,
    ...(deviceName !== undefined && { deviceName }),
    stepsPerSecond: Number(stepsPerSecond.toPrecision(3)),
    // The system tells it in units of 1024 bytes.
    peakBytes: process.resourceUsage().maxRSS * 1024,
    startMs: Math.round(firstStepAtMs),
  };
}

if (process.send !== undefined) main();
