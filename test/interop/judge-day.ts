import type { Gap, Quality } from '../../connectors/connector.ts';
import { readLedger, readStore } from '../../connectors/store/read-store.ts';
import { readTruthLog } from '../../simulator/truth-log.ts';

/** How the store of a machine compares with what the simulator wrote; numbers of values. */
export interface DayVerdict {
  readonly written: number;
  readonly stored: number;
  readonly lost: number;
  /** Written, not stored, and in no row of the ledger, neither by its timestamp nor by when it was written. */
  readonly silent: number;
  /** Stored inside a row that says that they are missing. */
  readonly contradicted: number;
  readonly duplicates: number;
  /** Stored and never written so: another timestamp, or a better quality. */
  readonly invented: number;
  /** Intervals of silent losses, by signal, for whoever must find out why. */
  readonly silences: readonly string[];
}

interface JudgeDayOptions {
  readonly truthFile: string;
  readonly storeFolder: string;
  /** The signals, each with its variable in the truth log. */
  readonly variables: ReadonlyMap<string, string>;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What was written with one timestamp. */
interface Written {
  /** How often, by quality. */
  readonly times: Map<Quality, number>;
  /** When, by a clock that nobody moved. */
  readonly trueMs: number;
}

interface StoredValue {
  readonly atMs: number;
  readonly epoch: number;
  readonly quality: Quality;
}

/**
 * Compares what a connector stored on a day of faults, moved clocks among them, with the truth. A clock that was moved and
 * moved back while nobody could look left no trace but in the truth: what was lost meanwhile is accounted for by the row
 * of the outage.
 */
export async function judgeDay(options: JudgeDayOptions): Promise<DayVerdict> {
  const { truthFile, storeFolder, variables, fromMs, untilMs } = options;
  const written = new Map([...variables.values()].map((name) => [name, new Map<number, Written>()]));
  for await (const { variable, sourceTimestampMs, quality, clockOffsetMs } of readTruthLog(truthFile)) {
    const ofVariable = written.get(variable);
    const { times = new Map<Quality, number>() } = ofVariable?.get(sourceTimestampMs) ?? {};
    const trueMs = sourceTimestampMs - clockOffsetMs;
    ofVariable?.set(sourceTimestampMs, { times: times.set(quality, (times.get(quality) ?? 0) + 1), trueMs });
  }
  const stored = new Map([...variables.keys()].map((signal): [string, StoredValue[]] => [signal, []]));
  for await (const { samples } of readStore(storeFolder)) {
    for (const { signal, sourceTimestampMs, quality, epoch = 0 } of samples) {
      stored.get(signal)?.push({ atMs: sourceTimestampMs, epoch, quality });
    }
  }
  const rows = readLedger(storeFolder).filter(({ filled }) => !filled);
  const verdicts = [...variables].map(([signal, variable]) =>
    judgeSignal({
      written: written.get(variable) ?? new Map(),
      stored: stored.get(signal) ?? [],
      rows: rows.filter((row) => row.signal === signal),
      fromMs,
      untilMs,
    }),
  );
  const sum = (key: Exclude<keyof DayVerdict, 'silences'>) =>
    verdicts.reduce((total, verdict) => total + verdict[key], 0);
  return {
    written: sum('written'),
    stored: sum('stored'),
    lost: sum('lost'),
    silent: sum('silent'),
    contradicted: sum('contradicted'),
    duplicates: sum('duplicates'),
    invented: sum('invented'),
    silences: verdicts.flatMap(({ silences }, index) =>
      silences.map((silence) => `${[...variables.keys()][index]} ${silence}`),
    ),
  };
}

function judgeSignal(parts: {
  readonly written: ReadonlyMap<number, Written>;
  readonly stored: readonly StoredValue[];
  readonly rows: readonly Gap[];
  readonly fromMs: number;
  readonly untilMs: number;
}): DayVerdict {
  const { written, stored, rows, fromMs, untilMs } = parts;
  const isIn = (row: Gap, atMs: number) => row.fromMs < atMs && atMs < row.toMs;
  const times = new Set<number>();
  const seen = new Map<string, number>();
  let [contradicted, duplicates, invented] = [0, 0, 0];
  for (const { atMs, epoch, quality } of stored) {
    // A value that was written again, as with each change of its quality, is another one, at whatever time.
    const key = `${epoch} ${atMs} ${quality}`;
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    const most = written.get(atMs)?.times.get(quality) ?? 0;
    if (most === 0) invented += 1;
    else if (count > most) duplicates += 1;
    if (quality !== 'good') continue;
    times.add(atMs);
    if (rows.some((row) => (row.epoch ?? 0) === epoch && isIn(row, atMs))) contradicted += 1;
  }
  const judged = [...written].filter(
    ([atMs, { times: written }]) => written.has('good') && atMs >= fromMs && atMs <= untilMs,
  );
  const lost = judged.filter(([atMs]) => !times.has(atMs));
  const silent = lost.filter(
    ([atMs, { trueMs }]) => !rows.some((row) => isIn(row, atMs) || isIn(row, trueMs)),
  );
  return {
    written: judged.length,
    stored: stored.length,
    lost: lost.length,
    silent: silent.length,
    contradicted,
    duplicates,
    invented,
    silences: silent.length === 0 ? [] : [`${silent.length} from ${silent[0]?.[0]} to ${silent.at(-1)?.[0]}`],
  };
}
