import type { OpcuaSource } from '../../openapi/schemas.ts';
import type { Log } from '../../runtime/log.ts';
import type { ConnectorState, Gap, Sample } from '../connector.ts';
import { createOpcuaConnector } from './opcua-connector.ts';

interface MeasureOptions {
  readonly source: OpcuaSource;
  readonly pkiFolder: string;
  /** How long is listened. */
  readonly durationMs: number;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** What arrived of a signal. */
export interface SignalMeasurement {
  /** Good values, the first one included, which is what the machine had when we came. */
  readonly values: number;
  /** Values a second by their sourceTimestamps; undefined where fewer than three came. */
  readonly rateHz: number | undefined;
  /** Whether the values came at even intervals. */
  readonly isPeriodic: boolean;
  /** Length of the last value where it is an array. */
  readonly length: number | undefined;
  /** Bad and uncertain ones. */
  readonly notGood: number;
}

/** What a connector collected in a while. */
export interface Measurement {
  readonly signals: ReadonlyMap<string, SignalMeasurement>;
  readonly state: ConnectorState;
  readonly gaps: readonly Gap[];
}

const REMEMBERED = 20_000;
const FEWEST_FOR_PERIODIC = 6;
/** Standard deviation of the intervals, as a part of their mean, up to which they count as even. */
const EVEN = 0.25;

/**
 * Collects for a while as a trainer would and says what came; nothing is kept.
 * @throws CodedError what `Connector.open` throws
 */
export async function measureSignals(options: MeasureOptions): Promise<Measurement> {
  const { source, pkiFolder, durationMs, log, signal } = options;
  const arrivals = new Map(Object.keys(source.signals).map((name) => [name, new Arrivals()]));
  const gaps = new Map<string, Gap>();
  let state: ConnectorState = { state: 'connecting' };
  const connector = createOpcuaConnector({ source, pkiFolder, log });
  try {
    await connector.open({
      receive: (samples) => {
        for (const sample of samples) arrivals.get(sample.signal)?.note(sample);
      },
      gap: (gap) => void gaps.set(gap.id, gap),
      state: (now) => {
        state = now;
      },
      resumePoints: () => new Map(),
    });
    await untilOver(durationMs, signal);
  } finally {
    await connector.close();
  }
  return {
    signals: new Map([...arrivals].map(([name, one]) => [name, one.measurement()])),
    state,
    gaps: [...gaps.values()],
  };
}

class Arrivals {
  readonly #timesMs: number[] = [];
  #values = 0;
  #notGood = 0;
  #length: number | undefined;

  note({ value, quality, sourceTimestampMs }: Sample): void {
    if (quality !== 'good') {
      this.#notGood += 1;
      return;
    }
    this.#values += 1;
    this.#length = ArrayBuffer.isView(value) ? value.length : undefined;
    if (this.#timesMs.length < REMEMBERED) this.#timesMs.push(sourceTimestampMs);
  }

  measurement(): SignalMeasurement {
    // The first value may be hours old: its interval to the second says nothing.
    const timesMs = this.#timesMs.slice(1);
    const intervalsMs = timesMs.slice(1).map((time, index) => time - (timesMs[index] ?? time));
    const meanMs = intervalsMs.reduce((sum, interval) => sum + interval, 0) / intervalsMs.length;
    const variance =
      intervalsMs.reduce((sum, interval) => sum + (interval - meanMs) ** 2, 0) / intervalsMs.length;
    const isKnown = intervalsMs.length > 0 && meanMs > 0;
    return {
      values: this.#values,
      rateHz: isKnown ? 1000 / meanMs : undefined,
      isPeriodic:
        isKnown && intervalsMs.length >= FEWEST_FOR_PERIODIC && Math.sqrt(variance) <= EVEN * meanMs,
      length: this.#length,
      notGood: this.#notGood,
    };
  }
}

function untilOver(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, durationMs);
    signal.addEventListener('abort', done, { once: true });
  });
}
