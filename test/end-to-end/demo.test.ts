import { existsSync } from 'node:fs';
import { RunningDemo } from '../../bench/support/running-demo.ts';
import { eventually } from '../support/eventually.ts';

const OPTIONS = ['--participants', '3', '--rounds', '2', '--epochs', '4', '--seed', '7'];

describe('fedshell demo', () => {
  let demo: RunningDemo;
  afterEach(() => demo.end());

  it('learns from OPC UA machines and leaves the model in the AAS', async () => {
    demo = new RunningDemo(['--once', ...OPTIONS]);
    const result = await demo.result();

    expect(result).toMatchObject({ rounds: 2, participants: 3 });
    expect(result.accuracyPerRound).toHaveLength(2);
    expect(result.accuracyPerRound.at(-1)).toBe(result.accuracy);
    expect(result.accuracy).toBeGreaterThan(result.initialAccuracy);
    expect(result.modelSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(result.aasModelSha256).toBe(result.modelSha256);
    expect(result.evaluatedModelSha256).toBe(result.modelSha256);

    // The same state again: the completed run is served and checked, no new one starts.
    const again = new RunningDemo(['--once', ...OPTIONS], { state: demo.state });
    const second = await again.result();
    expect(second.modelSha256).toBe(result.modelSha256);
    expect(second.rounds).toBe(2);

    // Other options on this state are refused.
    const other = new RunningDemo(['--once', ...OPTIONS, '--seed', '8'], { state: demo.state });
    expect(await other.exitCode()).not.toBe(0);
    expect(other.stderr).toContain('E_STATE_MISMATCH');
    expect(other.stderr).toContain('--fresh');
  });

  it('ends every process on Ctrl-C and on kill -9, and goes on afterwards to the same end', async () => {
    demo = new RunningDemo(['--once', ...OPTIONS]);
    await demo.until(async () => (await demo.runs())[0]?.state === 'running', 'the run');
    const processes = demo.processes();
    demo.signal('SIGKILL');
    await demo.exitCode();
    await eventually(() => processes.every((pid) => !existsSync(`/proc/${pid}`)), {
      what: 'the end of all processes',
    });

    const interrupted = new RunningDemo(['--once', ...OPTIONS], { state: demo.state });
    await interrupted.until(async () => ((await interrupted.runs())[0]?.round ?? 0) >= 1, 'the first round');
    const others = interrupted.processes();
    interrupted.signal('SIGINT');
    await interrupted.exitCode();
    expect(others.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);

    const last = new RunningDemo(['--once', ...OPTIONS], { state: demo.state });
    const result = await last.result();
    expect(result).toMatchObject({ rounds: 2, participants: 3 });
    expect(result.aasModelSha256).toBe(result.modelSha256);
  });
});
