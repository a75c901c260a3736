import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { SignalJudge, sumOf, unaccounted } from '../../bench/opcua/judge.ts';
import { judgeStore } from '../../bench/opcua/judge-store.ts';
import { LatencyHistogram } from '../../bench/opcua/latency-histogram.ts';
import type { Gap, Sample } from '../../connectors/connector.ts';
import { SampleStoreWriter } from '../../connectors/store/sample-store-writer.ts';
import { silentLog } from '../../runtime/log.ts';

const WHOLE = { fromMs: 0, untilMs: Number.POSITIVE_INFINITY };

/** Values 1 to `count`, one each 10 ms. */
function written(count: number) {
  const numbers = Float64Array.from({ length: count }, (_, index) => index + 1);
  return { timesMs: numbers.map((number) => 10 * number), numbers };
}

function judgeOf(stored: readonly number[], count = 10): SignalJudge {
  const judge = new SignalJudge(written(count));
  for (const number of stored) judge.stored(10 * number, number);
  return judge;
}

function row(fromMs: number, toMs: number, more: Partial<Gap> = {}): Gap {
  return { id: `${fromMs}`, signal: 'S0', fromMs, toMs, cause: 'connection-lost', filled: false, ...more };
}

const ALL = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const without = (...missing: number[]) => ALL.filter((number) => !missing.includes(number));

describe('the judge of the OPC UA benches', () => {
  it('finds nothing wrong where everything written is stored', () => {
    const verdict = judgeOf(ALL).verdict([], WHOLE);

    expect(verdict).toMatchObject({ written: 10, stored: 10, lost: 0 });
    expect(unaccounted(verdict)).toBe(0);
  });

  it('finds a sample that was lost in silence', () => {
    expect(judgeOf(without(5)).verdict([], WHOLE)).toMatchObject({ lost: 1, accounted: 0, silent: 1 });
  });

  it('accepts a lost sample inside a row of the ledger, and none on its edges', () => {
    const judge = judgeOf(without(5, 6));

    expect(judge.verdict([row(40, 70)], WHOLE)).toMatchObject({ lost: 2, accounted: 2, silent: 0 });
    expect(judge.verdict([row(50, 70)], WHOLE)).toMatchObject({ lost: 2, accounted: 1, silent: 1 });
  });

  it('does not let a row that claims to be filled account for what is still missing', () => {
    const verdict = judgeOf(without(5)).verdict([row(40, 60, { filled: true })], WHOLE);

    expect(verdict).toMatchObject({ lost: 1, silent: 1 });
  });

  it('finds a stored sample inside a row that is not filled', () => {
    expect(judgeOf(ALL).verdict([row(40, 60)], WHOLE)).toMatchObject({ lost: 0, contradicted: 1 });
    expect(judgeOf(ALL).verdict([row(40, 60, { filled: true })], WHOLE).contradicted).toBe(0);
  });

  it('takes a stored sample for a contradiction to rows of its own epoch only, and a lost one for any', () => {
    const judge = judgeOf(without(5, 6));
    judge.stored(60, 6, 1);

    expect(judge.verdict([row(45, 75, { epoch: 1 })], WHOLE)).toMatchObject({ contradicted: 1, silent: 0 });
    expect(judge.verdict([row(45, 65)], WHOLE)).toMatchObject({ contradicted: 0, silent: 0 });
  });

  it('finds a duplicate wherever it stands', () => {
    expect(judgeOf([...ALL, 3]).verdict([], WHOLE)).toMatchObject({ duplicates: 1, lost: 0 });
  });

  it('finds a value that was never written, and one with another timestamp', () => {
    const judge = judgeOf(without(5));
    judge.stored(50, 6);
    judge.stored(55, 5);

    expect(judge.verdict([], WHOLE)).toMatchObject({ invented: 2, lost: 1 });
  });

  it('counts from the connection on, or from what was stored before', () => {
    expect(judgeOf(without(1, 2)).verdict([], { ...WHOLE, fromMs: 30 })).toMatchObject({
      written: 8,
      lost: 0,
    });
    expect(judgeOf(without(2)).verdict([], { ...WHOLE, fromMs: 30 })).toMatchObject({ written: 10, lost: 1 });
    expect(judgeOf([]).verdict([], { ...WHOLE, fromMs: 30 })).toMatchObject({ written: 8, lost: 8 });
  });

  it('accounts for every written value exactly once, whatever was stored and noted', () => {
    const numbers = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 60 });
    const rows = fc.array(fc.tuple(fc.nat(310), fc.nat(310), fc.boolean()), { maxLength: 6 });
    fc.assert(
      fc.property(numbers, rows, (stored, intervals) => {
        const gaps = intervals.map(([from, to, filled]) => row(from, to, { filled }));
        const verdict = judgeOf(stored, 30).verdict(gaps, WHOLE);

        const distinct = new Set(stored);
        const inside = (time: number) =>
          gaps.some((gap) => !gap.filled && gap.fromMs < time && time < gap.toMs);
        const times = [...written(30).numbers];
        expect(verdict.written - verdict.lost).toBe(distinct.size);
        expect(verdict.duplicates).toBe(stored.length - distinct.size);
        expect(verdict.silent).toBe(times.filter((n) => !distinct.has(n) && !inside(10 * n)).length);
        expect(verdict.contradicted).toBe([...distinct].filter((n) => inside(10 * n)).length);
      }),
    );
  });

  it('adds verdicts', () => {
    const one = judgeOf(without(5)).verdict([], WHOLE);

    expect(sumOf([one, one])).toMatchObject({ written: 20, lost: 2, silent: 2 });
  });
});

describe('the judgement of a store', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fedshell-judge-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('compares what is on disk with the log of the server', async () => {
    const logFile = join(folder, 'written');
    const lines = ALL.flatMap((number) => [
      `W ${number} ${10 * number}.0000`,
      `S ${number} ${10 * number}.0000`,
    ]);
    await writeFile(logFile, `# start 1.0000\n${lines.join('\n')}\nC0 4 40.0000\nC0 7 70.0000\nC0 9 9`);
    const storeFolder = join(folder, 'store');
    const writer = await SampleStoreWriter.open(storeFolder, { log: silentLog });
    const sample = (signal: string, number: number, value: Sample['value'] = number): Sample => {
      return { signal, value, sourceTimestampMs: 10 * number, quality: 'good' };
    };
    writer.receive([sample('Wave0', 0, Float32Array.of(0, 1)), sample('C0', 4)]);
    writer.receive(ALL.map((number) => sample('Wave0', number, Float32Array.of(number, 1))));
    writer.gap(row(50, 70));
    writer.receive([...without(6, 8), 2].map((number) => sample('S0', number)));
    await writer.close();

    const judged = await judgeStore({ storeFolder, logFile, signals: ['Wave0', 'S0', 'C0'], ...WHOLE });

    expect(judged.perSignal.get('Wave0')).toMatchObject({ written: 10, lost: 0, invented: 0 });
    expect(judged.perSignal.get('S0')).toMatchObject({ lost: 2, accounted: 1, silent: 1, duplicates: 1 });
    expect(judged.perSignal.get('C0')).toMatchObject({ written: 2, lost: 1, silent: 1 });
    expect(judged.deliveries).toHaveLength(3);
  });
});

describe('a latency histogram', () => {
  it('gives the latency that a fraction does not exceed', () => {
    const histogram = new LatencyHistogram();
    for (let latencyMs = 1; latencyMs <= 100; latencyMs++) histogram.add(latencyMs);
    histogram.add(-5);

    expect(histogram.quantileMs(0.5)).toBe(50);
    expect(histogram.quantileMs(0.99)).toBe(99);
    expect(histogram.quantileMs(1)).toBe(100);
  });
});
