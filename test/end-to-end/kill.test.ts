import { type DemoResult, type PROCESSES, RunningDemo } from '../../bench/support/running-demo.ts';
import type { Run } from '../../openapi/schemas.ts';

/** Local epochs enough that a round lasts about two seconds: time to kill something in its middle. */
const OPTIONS = ['--once', '--participants', '3', '--rounds', '3', '--epochs', '80', '--seed', '5'];

describe('kill -9', () => {
  let undisturbed: DemoResult;
  let demo: RunningDemo;

  beforeAll(async () => {
    demo = new RunningDemo(OPTIONS);
    undisturbed = await demo.result();
    await demo.end();
  }, 120_000);
  afterEach(() => demo.end());

  /** The run's current round is the second, somebody trains, and not everybody has contributed. */
  async function inTheMiddleOfRoundTwo(): Promise<boolean> {
    const round = (await demo.runs())[0]?.rounds.at(-1);
    if (round?.round !== 2 || round.contributions.length === round.cohort.length) return false;
    return (await demo.participants()).some(
      ({ state, progress }) => state === 'training' && progress?.round === 2,
    );
  }

  /** Every participant counts once in each round that made a version. */
  function expectEachParticipantOnce(run: Run): void {
    for (const round of run.rounds.filter(({ version }) => version !== undefined)) {
      expect(round.contributions.map(({ participant }) => participant).sort()).toEqual(
        [...round.cohort].sort(),
      );
    }
  }

  it.each<keyof typeof PROCESSES>(['trainer', 'training process', 'aggregator', 'Redis'])(
    'of the %s in the middle of a round changes no bit of the model',
    async (what) => {
      demo = new RunningDemo(OPTIONS);
      await demo.until(inTheMiddleOfRoundTwo, 'the middle of round two');
      demo.kill9(what);
      let run: Run | undefined;
      await demo.until(async () => {
        run = (await demo.runs())[0];
        return (run?.round ?? 0) === 3;
      }, 'round three');
      expectEachParticipantOnce(run as Run);

      const result = await demo.result();
      expect(result).toMatchObject({ rounds: 3, modelSha256: undisturbed.modelSha256 });
      expect(result.aasModelSha256).toBe(undisturbed.modelSha256);
    },
    120_000,
  );

  it('of the trainer while it collects loses no block', async () => {
    demo = new RunningDemo(OPTIONS);
    await demo.until(async () => {
      const participants = await demo.participants();
      return participants.some(({ state, data }) => state === 'collecting' && (data?.[0]?.windows ?? 0) > 0);
    }, 'somebody to collect');
    demo.kill9('trainer');

    const result = await demo.result();
    expect(result.trainExamples).toBe(undisturbed.trainExamples);
    expect(result.testExamples).toBe(undisturbed.testExamples);
    expect(result.modelSha256).toBe(undisturbed.modelSha256);
  }, 120_000);
});
