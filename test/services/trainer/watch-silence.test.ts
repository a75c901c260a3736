import { watchSilence } from '../../../services/trainer/training/watch-silence.ts';

const MINUTE_MS = 60_000;

describe('the watch over a silent process', () => {
  let silentAfterMs: number | undefined;
  const watch = () =>
    watchSilence({
      leastMs: MINUTE_MS,
      onSilence: (limitMs) => {
        silentAfterMs = limitMs;
      },
    });

  beforeEach(() => {
    silentAfterMs = undefined;
    jest.useFakeTimers();
  });
  afterEach(() => jest.useRealTimers());

  it('ends after a minute where steps are short', () => {
    const watching = watch();
    jest.advanceTimersByTime(500);
    watching.heard();
    jest.advanceTimersByTime(MINUTE_MS - 1);
    const before = silentAfterMs;
    jest.advanceTimersByTime(1);

    expect([before, silentAfterMs]).toEqual([undefined, MINUTE_MS]);
  });

  it('allows four times as long as the longest silence that has ended', () => {
    const watching = watch();
    jest.advanceTimersByTime(40_000);
    watching.heard();
    jest.advanceTimersByTime(2_000);
    watching.heard();
    jest.advanceTimersByTime(159_999);
    const before = silentAfterMs;
    jest.advanceTimersByTime(1);

    expect([before, silentAfterMs]).toEqual([undefined, 160_000]);
  });

  it('allows four times as long as is announced, up to 15 minutes', () => {
    const watching = watch();
    watching.heard(100_000);
    jest.advanceTimersByTime(399_000);
    const before = silentAfterMs;
    watching.heard(1e9);
    jest.advanceTimersByTime(15 * MINUTE_MS);

    expect([before, silentAfterMs]).toEqual([undefined, 15 * MINUTE_MS]);
  });

  it('ends nothing once it has stopped', () => {
    const watching = watch();
    watching.stop();
    jest.advanceTimersByTime(60 * MINUTE_MS);

    expect(silentAfterMs).toBeUndefined();
  });
});
