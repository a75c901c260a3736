import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareBits } from '../../../bench/simulation/networked-bits.ts';
import { RunningDemo } from '../../../bench/support/running-demo.ts';
import type { TrainingSlots } from '../../../services/trainer/training/training-slots.ts';
import { sampleTasks } from './sample.ts';

describe('a networked run and its simulation', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fedshell-networked-'));
  let tasks: TrainingSlots;
  let demo: RunningDemo;
  beforeAll(() => {
    tasks = sampleTasks(1);
  });
  afterAll(async () => {
    await demo.end();
    await tasks.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('have the same versions, to the bit', async () => {
    demo = new RunningDemo(['--participants', '3', '--rounds', '2', '--epochs', '2', '--seed', '7']);

    const { networked, simulated } = await compareBits(demo, tasks, folder);

    expect(networked).toHaveLength(3);
    expect(simulated).toEqual(networked);
  });
});
