import type { ConnectorState, Gap, Receiver, Sample } from '../../connectors/connector.ts';
import { printable } from '../terminal/printable.ts';
import { table } from '../terminal/table.ts';
import { summaryText } from './value-summary.ts';

interface Watched {
  newest: Sample | undefined;
  values: number;
  notGood: number;
  gaps: number;
  lastGap: string;
}

/** The newest of each signal, counts and losses, as a connector delivers them; nothing is kept. */
export class WatchedValues implements Receiver {
  readonly #signals: ReadonlyMap<string, Watched>;
  readonly #gapIds = new Set<string>();
  readonly #told: (samples: readonly Sample[]) => void;
  #state: ConnectorState = { state: 'connecting' };

  /** @param told called with what arrives. */
  constructor(signals: readonly string[], told: (samples: readonly Sample[]) => void) {
    this.#signals = new Map(
      signals.map((name) => [name, { newest: undefined, values: 0, notGood: 0, gaps: 0, lastGap: '' }]),
    );
    this.#told = told;
  }

  get currentState(): ConnectorState {
    return this.#state;
  }

  receive(samples: readonly Sample[]): void {
    for (const sample of samples) {
      const watched = this.#signals.get(sample.signal);
      if (watched === undefined) continue;
      watched.newest = sample;
      watched.values += 1;
      if (sample.quality !== 'good') watched.notGood += 1;
    }
    this.#told(samples);
  }

  gap(gap: Gap): void {
    const watched = this.#signals.get(gap.signal);
    if (watched === undefined) return;
    watched.lastGap = `${gap.cause}${gap.filled ? ', filled' : ''}`;
    if (this.#gapIds.has(gap.id)) return;
    this.#gapIds.add(gap.id);
    watched.gaps += 1;
  }

  state(state: ConnectorState): void {
    this.#state = state;
  }

  resumePoints(): ReturnType<Receiver['resumePoints']> {
    return new Map();
  }

  /** A line for the machine, and a table of its signals. */
  lines(endpoint: string): string[] {
    const { state, reason, figures = {} } = this.#state;
    const shown = Object.entries(figures).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`);
    const rows = [...this.#signals].map(([name, { newest, values, notGood, gaps, lastGap }]) => [
      name,
      newest === undefined ? '' : timeOf(newest.sourceTimestampMs),
      newest === undefined ? '' : newest.quality,
      newest === undefined ? '' : summaryText(newest.value),
      String(values),
      notGood === 0 ? '' : String(notGood),
      gaps === 0 ? '' : `${gaps} (${lastGap})`,
    ]);
    return [
      printable(`${endpoint}  ${state}${reason === undefined ? '' : `: ${reason}`}`),
      ...(shown.length === 0 ? [] : [shown.join(', ')]),
      ...table([['signal', 'source time', 'quality', 'value', 'values', 'not good', 'gaps'], ...rows]).split(
        '\n',
      ),
    ];
  }
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(11, 23);
}
