import { storeFolderOf } from '../../connectors/collector/collector.ts';
import { createFolderConnector } from '../../connectors/recording/folder-connector.ts';
import type { TrainerFile } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Collection } from './collection.ts';
import { ConnectorCollection } from './connector-collection.ts';
import type { LocalDataSet } from './data-set/local-data-set.ts';
import { StoreCollection } from './store-collection.ts';

interface CollectionOptions {
  /** State folder of the trainer. */
  readonly folder: string;
  readonly participant: TrainerFile['participants'][number];
  /** Names of the signals to collect. */
  readonly signals: readonly string[];
  readonly dataSet: LocalDataSet;
  readonly log: Log;
}

/**
 * How a participant's data comes in: recordings are played here, machines are collected from by a process of their own
 * (connectors/main.ts), which goes on while the trainer is away.
 * @throws CodedError `E_INVALID_INPUT` for a line file, which whoever starts the trainer puts in place of.
 */
export function createCollection(options: CollectionOptions): Collection {
  const { folder, participant, signals, dataSet, log } = options;
  const { id, source } = participant;
  const { opcua, folder: recordings } = source;
  if (opcua !== undefined) {
    return new StoreCollection({ storeFolder: storeFolderOf(folder, id), dataSet, log });
  }
  if (recordings !== undefined) {
    const connect = async () => createFolderConnector(recordings, { signals });
    return new ConnectorCollection({ connect, signals, dataSet, log });
  }
  throw new CodedError(
    'E_INVALID_INPUT',
    `the line file of participant ${id} was not read; "fedshell trainer" does it`,
  );
}
