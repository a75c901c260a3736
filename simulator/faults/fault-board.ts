import { CodedError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { type DisturbanceSpec, type DisturbanceSpecs, NO_DISTURBANCE } from './disturbance-spec.ts';
import type { FaultRequest, MachineFault } from './fault.ts';
import type { Relay } from './relay.ts';
import type { ServerProcess } from './server-process.ts';

/** A fault that was asked for. */
export type FaultRecord = FaultRequest & {
  readonly id: number;
  readonly startedAtMs: number;
  readonly endedAtMs?: number;
};

interface Active {
  readonly record: FaultRecord;
  /** What no other fault may touch meanwhile. */
  readonly places: readonly string[];
  timer: NodeJS.Timeout | undefined;
  ending: Promise<FaultRecord> | undefined;
}

interface FaultBoardOptions {
  readonly machines: readonly string[];
  readonly relay: Relay;
  readonly server: ServerProcess;
  readonly log: Log;
  /** Called when a fault that is over cannot be undone: the server does not start again. */
  readonly failed: (thrown: unknown) => void;
}

/** Brings faults about and ends them. */
export class FaultBoard {
  readonly #options: FaultBoardOptions;
  readonly #active = new Map<number, Active>();
  readonly #past: FaultRecord[] = [];
  #last = 0;

  constructor(options: FaultBoardOptions) {
    this.#options = options;
  }

  /** All faults, the oldest first. */
  get records(): readonly FaultRecord[] {
    return [...this.#past, ...[...this.#active.values()].map(({ record }) => record)].sort(
      (a, b) => a.id - b.id,
    );
  }

  /**
   * Begins a fault, which ends by itself after its duration.
   * @throws CodedError `E_WRONG_STATE` if another one is already at the same place
   */
  async begin(request: FaultRequest): Promise<FaultRecord> {
    const places = this.#placesOf(request);
    const other = [...this.#active.values()].find((active) =>
      active.places.some((place) => places.includes(place)),
    );
    if (other !== undefined) {
      throw new CodedError('E_WRONG_STATE', `fault ${other.record.id} (${other.record.kind}) is still on`);
    }
    this.#last += 1;
    const record: FaultRecord = { ...request, id: this.#last, startedAtMs: Date.now() };
    const active: Active = { record, places, timer: undefined, ending: undefined };
    this.#active.set(record.id, active);
    this.#options.log.info({ event: 'fault.begin', fault: record.id, kind: record.kind });
    await this.#apply(request);
    if (request.durationMs !== undefined) {
      active.timer = setTimeout(
        () => void this.end(record.id).catch(this.#options.failed),
        request.durationMs,
      );
    }
    return record;
  }

  /**
   * Ends a fault before its time; one that is ending already ends once.
   * @throws CodedError `E_NOT_FOUND`, and as a start of the server does
   */
  async end(id: number): Promise<FaultRecord> {
    const active = this.#active.get(id);
    if (active === undefined) throw new CodedError('E_NOT_FOUND', `no fault ${id} is on`);
    clearTimeout(active.timer);
    active.ending ??= this.#end(active);
    return active.ending;
  }

  /** Forgets what is on without ending it. */
  close(): void {
    for (const { timer } of this.#active.values()) clearTimeout(timer);
    this.#active.clear();
  }

  /** It is on until it is undone: a killed server may not be frozen before it runs again. */
  async #end({ record }: Active): Promise<FaultRecord> {
    const { relay, server, log } = this.#options;
    if (record.kind === 'kill') relay.aim(await server.start());
    else if (record.kind === 'freeze') server.thaw();
    else if (record.kind === 'cut' || record.kind === 'silence') relay.restore();
    this.#active.delete(record.id);
    if (isMachineFault(record)) server.disturb(this.#disturbances());
    const ended = { ...record, endedAtMs: Date.now() };
    this.#past.push(ended);
    log.info({ event: 'fault.end', fault: record.id, kind: record.kind });
    return ended;
  }

  #placesOf(request: FaultRequest): string[] {
    if (request.kind === 'kill' || request.kind === 'freeze') return ['process'];
    if (request.kind === 'cut' || request.kind === 'silence') return ['cable'];
    const machines = request.machine === undefined ? this.#options.machines : [request.machine];
    return machines.map((machine) => `${request.kind} of ${machine}`);
  }

  async #apply({ kind }: FaultRequest): Promise<void> {
    const { relay, server } = this.#options;
    if (kind === 'kill') {
      relay.aim(undefined);
      await server.kill();
    } else if (kind === 'freeze') server.freeze();
    else if (kind === 'cut') relay.cut();
    else if (kind === 'silence') relay.silence();
    else server.disturb(this.#disturbances());
  }

  #disturbances(): DisturbanceSpecs {
    const specs = new Map<string, DisturbanceSpec>();
    for (const { record } of this.#active.values()) {
      if (!isMachineFault(record)) continue;
      for (const machine of record.machine === undefined ? this.#options.machines : [record.machine]) {
        specs.set(machine, withFault(specs.get(machine) ?? NO_DISTURBANCE, record));
      }
    }
    return Object.fromEntries(specs);
  }
}

function isMachineFault(record: FaultRecord): record is FaultRecord & MachineFault {
  return record.kind === 'clock-skew' || record.kind === 'bad-quality' || record.kind === 'drift';
}

function withFault(spec: DisturbanceSpec, record: FaultRecord & MachineFault): DisturbanceSpec {
  if (record.kind === 'clock-skew') return { ...spec, clockOffsetMs: record.offsetMs };
  if (record.kind === 'bad-quality') return { ...spec, quality: record.quality };
  return { ...spec, drift: { gainPerMinute: record.gainPerMinute, sinceMs: record.startedAtMs } };
}
