import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Participants } from './participants.ts';

/** The aggregator's own figures for Prometheus. */
export interface Metrics {
  readonly registry: Registry;
  readonly rounds: Counter<'state'>;
  readonly roundSeconds: Histogram;
  readonly foldSeconds: Histogram;
  readonly publishSeconds: Histogram;
  readonly contributions: Counter;
  readonly refusals: Counter<'code'>;
  readonly updateBytes: Counter;
  readonly publicationFailures: Counter;
}

const BUCKETS_SECONDS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 3600];

export function createMetrics(
  participants: () => Participants,
  uploads: { readonly taken: number },
): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: 'fedshell_participants',
    help: 'Participants by state.',
    labelNames: ['state'],
    registers,
    collect() {
      this.reset();
      for (const state of ['offline', 'collecting', 'ready', 'training']) this.set({ state }, 0);
      for (const id of participants().ids()) this.inc({ state: participants().get(id)!.state });
    },
  });
  new Gauge({
    name: 'fedshell_training_steps_per_second',
    help: 'Training steps that a pool measured with the best tensor backend for a federation.',
    labelNames: ['pool', 'federation', 'backend', 'build', 'device'],
    registers,
    collect() {
      this.reset();
      for (const id of participants().ids()) {
        const { pool, data = [] } = participants().get(id)!;
        for (const { federation, numerics, stepsPerSecond } of data) {
          if (numerics === undefined || stepsPerSecond === undefined) continue;
          const { backend, build, device = 'cpu' } = numerics;
          this.set({ pool, federation, backend, build, device }, stepsPerSecond);
        }
      }
    },
  });
  new Gauge({
    name: 'fedshell_open_uploads',
    help: 'Updates that are coming in now.',
    registers,
    collect() {
      this.set(uploads.taken);
    },
  });
  const slotGauge = (
    name: string,
    help: string,
    figure: 'slots' | 'startMs' | 'stepMs' | 'peakBytes',
    unit = 1,
  ) =>
    new Gauge({
      name,
      help,
      labelNames: ['pool'],
      registers,
      collect() {
        this.reset();
        for (const id of participants().ids()) {
          const { pool, slots } = participants().get(id)!;
          const value = slots?.[figure];
          if (value !== undefined) this.set({ pool }, value * unit);
        }
      },
    });
  slotGauge('fedshell_slots', 'Training processes of a pool at the same time.', 'slots');
  slotGauge(
    'fedshell_slot_start_seconds',
    "The slowest start of a pool's training processes.",
    'startMs',
    0.001,
  );
  slotGauge('fedshell_slot_step_seconds', 'The slowest training step in the newest epochs.', 'stepMs', 0.001);
  slotGauge(
    'fedshell_slot_peak_bytes',
    "The largest resident memory of a pool's training processes.",
    'peakBytes',
  );
  const histogram = (name: string, help: string) =>
    new Histogram({ name, help, buckets: BUCKETS_SECONDS, registers });
  return {
    registry,
    rounds: new Counter({
      name: 'fedshell_rounds_total',
      help: 'Attempts of rounds that ended, by how.',
      labelNames: ['state'],
      registers,
    }),
    roundSeconds: histogram('fedshell_round_seconds', 'From the opening of a round to its publication.'),
    foldSeconds: histogram('fedshell_fold_seconds', 'Time to make a version of the contributions.'),
    publishSeconds: histogram('fedshell_publish_seconds', 'Time until the AAS shows a version.'),
    contributions: new Counter({
      name: 'fedshell_contributions_total',
      help: 'Updates that became part of a version.',
      registers,
    }),
    refusals: new Counter({
      name: 'fedshell_refusals_total',
      help: 'Updates that were refused, by code.',
      labelNames: ['code'],
      registers,
    }),
    updateBytes: new Counter({
      name: 'fedshell_update_bytes_total',
      help: 'Bytes of accepted updates.',
      registers,
    }),
    publicationFailures: new Counter({
      name: 'fedshell_publication_failures_total',
      help: 'Publications that the AAS did not take and that are tried again.',
      registers,
    }),
  };
}
