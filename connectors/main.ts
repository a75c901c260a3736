import { resolve } from 'node:path';
import { makeFolder } from '../runtime/make-folder.ts';
import { runAsProcess, type ServiceContext } from '../runtime/service-process.ts';
import { lockState } from '../runtime/state-lock.ts';
import { Collector, collectedFolderOf } from './collector/collector.ts';
import { Configuration } from './collector/configuration.ts';
import { MetricsEndpoint } from './collector/metrics-endpoint.ts';
import { metricsText } from './collector/metrics-text.ts';
import type { CollectorSettings } from './collector/settings.ts';

export type { CollectorSettings } from './collector/settings.ts';

/**
 * Starts a collector: it collects from the OPC UA machines of a trainer file into sample stores, from which the trainer
 * takes them. It needs neither trainer nor aggregator, and follows changes of the trainer file and its line files.
 * @returns the address of its Prometheus metrics as `metrics`.
 * @throws CodedError `E_INVALID_INPUT`, `E_FILE_NOT_FOUND`, `E_STATE_IN_USE`, `E_PORT_IN_USE`
 */
export async function start(
  settings: CollectorSettings,
  { log, shutdown }: ServiceContext,
): Promise<Readonly<Record<string, string>>> {
  const folder = resolve(settings.folder);
  makeFolder(folder);
  const lock = lockState(collectedFolderOf(folder));
  shutdown.add('collector state', () => lock.release());
  const collector = new Collector({ folder, log });
  shutdown.add('machines', () => collector.close());
  const text = metricsText({
    statuses: () => collector.statuses,
    configurationRefused: () => configuration.refusal !== undefined,
    reloads: () => configuration.reloads,
  });
  const metrics = new MetricsEndpoint(text);
  shutdown.add('metrics', () => metrics.close());
  const configuration = new Configuration({
    trainerFile: resolve(settings.trainerFile),
    folder,
    collector,
    metrics,
    log,
  });
  shutdown.add('configuration', () => configuration.close());
  await configuration.start();
  const { url = '' } = metrics;
  log.info({ event: 'collector.ready', metrics: url, participants: collector.statuses.length });
  return { metrics: url };
}

void runAsProcess(import.meta.url, 'collector', start);
