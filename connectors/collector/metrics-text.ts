import { Gauge, Registry } from 'prom-client';
import type { CollectionStatus } from './participant-collection.ts';

/** What the metrics of a collector are made of, asked at each scrape. */
export interface MetricsSources {
  readonly statuses: () => readonly CollectionStatus[];
  readonly configurationRefused: () => boolean;
  readonly reloads: () => number;
}

const STATES = ['connecting', 'connected', 'degraded'] as const;

/** Makes the Prometheus text of a collector. */
export function metricsText(sources: MetricsSources): () => Promise<string> {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void) =>
    new Gauge({
      name: `fedshell_collector_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        collect(this);
      },
    });
  gauge('state', 'Whether a machine is in this state.', ['participant', 'state'], (one) => {
    for (const { participant, state } of sources.statuses()) {
      for (const name of STATES) one.set({ participant, state: name }, name === state.state ? 1 : 0);
    }
  });
  gauge('samples_total', 'Samples that were stored since the connector opened.', ['participant'], (one) => {
    for (const { participant, samples } of sources.statuses()) one.set({ participant }, samples);
  });
  gauge('limit_bytes', 'Disk that waiting samples of a participant may take.', ['participant'], (one) => {
    for (const { participant, limits } of sources.statuses()) one.set({ participant }, limits.limitBytes);
  });
  gauge('gaps_total', 'Rows of the gap ledger by cause.', ['participant', 'cause'], (one) => {
    for (const { participant, gaps } of sources.statuses()) {
      for (const [cause, count] of gaps) one.set({ participant, cause }, count);
    }
  });
  const figureHelp = 'What a connector measured; the name ends in its unit.';
  gauge('figure', figureHelp, ['participant', 'figure'], (one) => {
    for (const { participant, state } of sources.statuses()) {
      for (const [figure, value] of Object.entries(state.figures ?? {}))
        one.set({ participant, figure }, value);
    }
  });
  gauge('configuration_valid', 'Whether the files as they are now are in use.', [], (one) =>
    one.set(sources.configurationRefused() ? 0 : 1),
  );
  gauge('configuration_reloads_total', 'How often changed files were taken over.', [], (one) =>
    one.set(sources.reloads()),
  );
  gauge('resident_memory_bytes', 'Resident memory of the process.', [], (one) =>
    one.set(process.memoryUsage.rss()),
  );
  gauge('cpu_seconds_total', 'User and system time of the process.', [], (one) => {
    const { user, system } = process.cpuUsage();
    one.set((user + system) / 1e6);
  });
  return () => registry.metrics();
}
