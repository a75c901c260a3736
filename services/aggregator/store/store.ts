import { randomUUID } from 'node:crypto';
import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, inTransaction, openDatabase } from '../../../runtime/database.ts';
import { FileStore } from '../../../runtime/file-store.ts';
import { timestamp } from '../clock.ts';
import { ContributionTable } from './contribution-table.ts';
import { DeadlineTable } from './deadline-table.ts';
import { EvaluationTable } from './evaluation-table.ts';
import { FederationTable } from './federation-table.ts';
import { GroupCommit } from './group-commit.ts';
import { MIGRATIONS } from './migrations.ts';
import { OperationTable } from './operation-table.ts';
import { ParticipantTable } from './participant-table.ts';
import { PoolTable } from './pool-table.ts';
import { ProposalTable } from './proposal-table.ts';
import { PublicationTable } from './publication-table.ts';
import { query } from './query.ts';
import { RoundTable } from './round-table.ts';
import { RunTable } from './run-table.ts';
import { ServedVersionTable } from './served-version-table.ts';
import { StatisticsTable } from './statistics-table.ts';
import { StrategyStateTable } from './strategy-state-table.ts';
import { TargetObjectTable } from './target-object-table.ts';
import { TargetOutboxTable } from './target-outbox-table.ts';
import { TrustTable } from './trust-table.ts';
import { UpdateStore } from './update-store.ts';
import { VersionTable } from './version-table.ts';

/** Everything the aggregator keeps: one SQLite file, and files named by their sha256. */
export interface Store {
  readonly federations: FederationTable;
  readonly pools: PoolTable;
  readonly participants: ParticipantTable;
  readonly runs: RunTable;
  readonly rounds: RoundTable;
  readonly contributions: ContributionTable;
  readonly versions: VersionTable;
  readonly statistics: StatisticsTable;
  readonly evaluations: EvaluationTable;
  readonly deadlines: DeadlineTable;
  readonly publications: PublicationTable;
  readonly targetOutbox: TargetOutboxTable;
  readonly targetObjects: TargetObjectTable;
  readonly proposals: ProposalTable;
  readonly operations: OperationTable;
  readonly servedVersions: ServedVersionTable;
  readonly strategyStates: StrategyStateTable;
  readonly trust: TrustTable;
  readonly updates: UpdateStore;
  readonly versionFiles: FileStore;
  /** Made once when the folder was new; part of the ids in the AAS. */
  readonly installationId: string;
  /** When the folder was made, ISO 8601. */
  readonly installedAt: string;
  /** What the disk of the folder has left. */
  freeBytes(): number;
  /** Runs `change` as one durable transaction: all of it or nothing, even by kill -9. */
  transaction<Result>(change: () => Result): Result;
  /** Like `transaction` for changes that come at the same time and share one commit. */
  readonly groupCommit: GroupCommit;
  close(): void;
}

/** Pages of 4 KiB in the write-ahead log before they go into the database: 64 MiB. */
const CHECKPOINT_PAGES = 16_384;

/** Opens the aggregator's folder. Its caller owns the folder's lock. */
export async function openStore(folder: string): Promise<Store> {
  const database = openDatabase(join(folder, 'aggregator.db'), MIGRATIONS);
  // A large cohort's small updates go through the log, and each 4 MB of them would wait for a checkpoint.
  database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  const transaction: Store['transaction'] = (change) => inTransaction(database, change);
  return {
    federations: new FederationTable(database),
    pools: new PoolTable(database),
    participants: new ParticipantTable(database),
    runs: new RunTable(database),
    rounds: new RoundTable(database),
    contributions: new ContributionTable(database),
    versions: new VersionTable(database),
    statistics: new StatisticsTable(database),
    evaluations: new EvaluationTable(database),
    deadlines: new DeadlineTable(database),
    publications: new PublicationTable(database),
    targetOutbox: new TargetOutboxTable(database),
    targetObjects: new TargetObjectTable(database),
    proposals: new ProposalTable(database),
    operations: new OperationTable(database),
    servedVersions: new ServedVersionTable(database),
    strategyStates: new StrategyStateTable(database),
    trust: new TrustTable(database),
    updates: new UpdateStore(database, await FileStore.open(join(folder, 'updates'))),
    versionFiles: await FileStore.open(join(folder, 'versions')),
    installationId: installed(database, 'id', randomUUID()),
    installedAt: installed(database, 'at', timestamp()),
    freeBytes: () => {
      const { bavail, bsize } = statfsSync(folder);
      return bavail * bsize;
    },
    transaction,
    groupCommit: new GroupCommit(transaction),
    close: () => {
      database.close();
    },
  };
}

/** A fact of the installation, written once. */
function installed(database: Database, name: string, value: string): string {
  query(database, 'INSERT INTO installation VALUES (?, ?) ON CONFLICT DO NOTHING').run(name, value);
  const select = 'SELECT value FROM installation WHERE name = ?';
  return query<{ value: string }>(database, select).get(name)!.value;
}
