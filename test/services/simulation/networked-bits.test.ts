import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { compareBits } from '../../../bench/simulation/networked-bits.ts';
import { RunningDemo } from '../../../bench/support/running-demo.ts';
import { packageRoot } from '../../../runtime/package-root.ts';
import type { TrainingSlots } from '../../../services/trainer/training/training-slots.ts';
import { sampleTasks } from './sample.ts';

describe('a networked run and its simulation', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fedshell-networked-'));
  let tasks: TrainingSlots;
  const demos: RunningDemo[] = [];
  beforeAll(() => {
    tasks = sampleTasks(1);
  });
  afterEach(() => Promise.all(demos.splice(0).map((demo) => demo.end())));
  afterAll(async () => {
    await tasks.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ['fed-avg', {}],
    [
      'scaffold, compressed with error feedback, clipped',
      {
        strategy: { key: 'scaffold' },
        pipeline: {
          participant: [{ kind: 'compress', codec: { key: 'top-k', fraction: 0.2, errorFeedback: true } }],
          aggregator: [
            { kind: 'verify' },
            { kind: 'decode' },
            { kind: 'clip', norm: 0.5 },
            { kind: 'gate', maximumTimesMedianNorm: 10 },
            { kind: 'fold' },
          ],
        },
      },
    ],
    ['clustered', { strategy: { key: 'clustered', warmUpRounds: 1, leastSilhouette: 0 } }],
    ['fed-buff', { strategy: { key: 'fed-buff', bufferSize: 2 } }],
  ])('have the same versions, to the bit: %s', async (name, given) => {
    const example = parse(readFileSync(join(packageRoot(), 'examples', 'vibration.federation.yaml'), 'utf8'));
    const file = join(folder, `${name.slice(0, 5)}.yaml`);
    writeFileSync(file, stringify({ ...example, model: { key: 'dense', hidden: [16] }, ...given }));
    const demo = new RunningDemo(['--federation', file, '--rounds', '3', '--epochs', '2', '--seed', '7']);
    demos.push(demo);
    const shelf = join(folder, name.slice(0, 5));
    mkdirSync(shelf);

    const { networked, simulated } = await compareBits(demo, tasks, shelf);

    expect(networked.length).toBeGreaterThanOrEqual(4);
    expect(simulated).toEqual(networked);
  });
});
