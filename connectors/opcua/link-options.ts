import type { OpcuaSource } from '../../openapi/schemas.ts';
import type { Log } from '../../runtime/log.ts';
import type { Backfill } from './backfill.ts';
import type { Delivery } from './delivery.ts';
import type { GapLedger } from './gap-ledger.ts';
import type { Identity } from './identity.ts';
import type { Legacy } from './link-subscriptions.ts';
import type { OpcuaMetrics } from './metrics.ts';
import type { SignalPlan } from './signal-plan.ts';
import type { Trust } from './trust.ts';

/** What a link to a machine is made of. */
export interface LinkOptions {
  readonly source: OpcuaSource;
  readonly plans: readonly SignalPlan[];
  readonly identity: Identity;
  readonly trust: Trust;
  readonly ledger: GapLedger;
  readonly delivery: Delivery;
  readonly backfill: Backfill;
  readonly metrics: OpcuaMetrics;
  readonly log: Log;
  /** Ends the opening. */
  readonly signal: AbortSignal;
  /** What the link before has left. */
  readonly legacy: Legacy | undefined;
  /** The connection is there, or is being repaired for the reason. */
  readonly changed: (state: 'connected' | 'connecting', reason?: string) => void;
}
