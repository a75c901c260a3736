import type { Contribution, Event } from '../../../openapi/schemas.ts';
import type { AggregatorQueue } from '../../../queue/aggregator-queue.ts';
import type { Admission } from '../admission.ts';
import type { Api } from '../api.ts';
import type { Commands } from '../commands/commands.ts';
import type { Metrics } from '../metrics.ts';
import type { Participants } from '../participants.ts';
import type { LookUps } from '../proposals/open-look-ups.ts';
import type { Publisher } from '../publishing/publisher.ts';
import type { OutsidePublishers } from '../publishing/targets/outside-publishers.ts';
import type { UpdateRequest } from '../runs/accept-update.ts';
import type { Runs } from '../runs/runs.ts';
import type { Store } from '../store/store.ts';
import type { EventHub } from './event-hub.ts';
import type { UploadPlaces } from './upload-places.ts';

/** What the routes pass requests on to. */
export interface Services {
  readonly api: Api;
  readonly admission: Admission;
  readonly participants: Participants;
  readonly runs: Runs;
  readonly commands: Commands;
  readonly store: Store;
  readonly queue: AggregatorQueue;
  readonly publisher: Publisher;
  readonly outside: OutsidePublishers;
  readonly lookUps: LookUps;
  /** IP addresses of the servers that may invoke operations for others. */
  readonly delegationCallers: readonly string[];
  readonly metrics: Metrics;
  readonly events: EventHub;
  readonly maximumModelBytes: number;
  readonly uploadPlaces: UploadPlaces;
  /** Time of waiting in which something of an upload must come. */
  readonly uploadStallMs: number;
  /** The state that a new reader of the event stream gets. */
  snapshot(): Event[];
  acceptUpdate(incoming: UpdateRequest): Promise<Contribution>;
  aasUrl(): string;
}
