import type { Federation, ModelVersion, Participant, Run, Schemas } from '../../openapi/schemas.ts';
import { validate } from '../../openapi/validate.ts';
import { CodedError } from '../../runtime/errors.ts';
import type { Admission } from './admission.ts';
import { timestamp } from './clock.ts';
import { missingSignals } from './missing-signals.ts';
import type { Participants } from './participants.ts';
import type { Publisher } from './publishing/publisher.ts';
import { readExamples } from './read-examples.ts';
import { refuseStrategy } from './runs/refuse-strategy.ts';
import { viewRun } from './runs/run-view.ts';
import type { Runs } from './runs/runs.ts';
import { present } from './store/present.ts';
import type { Store } from './store/store.ts';
import type { VersionRow } from './store/version-table.ts';

type Summary = Schemas['FederationSummary'];

interface Parts {
  readonly store: Store;
  readonly participants: Participants;
  readonly admission: Admission;
  readonly runs: Runs;
  readonly publisher: Publisher;
  readonly redisState: () => 'connected' | 'unreachable';
}

/** Everything as the API shows it, and what an operator may do; routes and event stream only pass on. */
export class Api {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  federations(): Summary[] {
    return this.#parts.store.federations.all().map(({ federation }) => this.federation(federation.id));
  }

  /** @throws CodedError `E_NOT_FOUND` */
  federation(id: string): Summary {
    const { store, participants, publisher } = this.#parts;
    const row = store.federations.get(id);
    if (row === undefined) throw new CodedError('E_NOT_FOUND', `there is no federation ${id}`);
    return present({
      federation: row.federation,
      participants: participants.admittedTo(id),
      version: (store.versions.current(id) ?? store.versions.newest(id))?.number ?? null,
      activeRun: store.runs.activeOf(id),
      shellId: publisher.ids.federation(id),
      createdAt: row.createdAt,
    });
  }

  /** @throws CodedError `E_ALREADY_EXISTS`, `E_UNKNOWN_STRATEGY`, `E_INVALID_INPUT` */
  createFederation(document: Federation): { federation: Federation; joinToken: string } {
    const { store, admission, publisher } = this.#parts;
    const choice = {
      cohort: document.cohort ?? ({ kind: 'all' } as const),
      quorum: document.quorum ?? ({ kind: 'fraction', of: 0.8 } as const),
      strategy: document.strategy ?? { key: 'fed-avg' },
    };
    refuseStrategy({ ...choice, pipeline: document.pipeline });
    const evaluation = document.evaluation ?? { everyRounds: 1, of: 'all' };
    const federation: Federation = { ...document, ...choice, evaluation };
    validate('Federation', federation, `the federation ${federation.id}`);
    requireWeightPerClass(federation);
    const joinToken = store.transaction(() => {
      if (!store.federations.insert(federation, timestamp())) {
        throw new CodedError('E_ALREADY_EXISTS', `there is already a federation ${federation.id}`);
      }
      store.publications.add(`federation:${federation.id}`);
      return admission.makeJoinToken(federation.id);
    });
    publisher.poke();
    return { federation, joinToken };
  }

  /** @throws CodedError `E_NOT_FOUND` */
  createJoinToken(id: string): { joinToken: string } {
    return { joinToken: this.#parts.admission.makeJoinToken(this.federation(id).federation.id) };
  }

  /**
   * Admits participants that joined before.
   * @throws CodedError `E_NOT_FOUND`, `E_INVALID_INPUT` for those who are unknown or lack a signal of the profile.
   */
  admit(id: string, ids: readonly string[]): Summary {
    const { store, participants, publisher, runs } = this.#parts;
    const { profile } = this.federation(id).federation;
    const faults = ids.flatMap((participant, index) => {
      const path = `/participants/${index}`;
      if (participants.get(participant) === undefined)
        return [{ path, message: `${participant} has not joined` }];
      const missing = missingSignals(profile, participants.signalsOf(participant));
      return missing.length === 0
        ? []
        : [{ path, message: `${participant} has no signal ${missing.join(', ')}` }];
    });
    if (faults.length > 0)
      throw new CodedError('E_INVALID_INPUT', `not all fit federation ${id}`, { faults });
    store.transaction(() => {
      for (const participant of ids) {
        store.participants.admit(id, participant);
        store.publications.add(`participant:${participant}`);
      }
      store.publications.add(`federation:${id}`);
    });
    participants.reload();
    publisher.poke();
    runs.poke();
    return this.federation(id);
  }

  /** The profiles one can choose: of the federations here and of the shipped examples. */
  profiles(): Schemas['ProfileChoice'][] {
    const { store, participants } = this.#parts;
    const choice = (origin: 'federation' | 'example') => (federation: Federation) => ({
      origin,
      federation,
      participants: participants
        .ids()
        .filter((id) => missingSignals(federation.profile, participants.signalsOf(id)).length === 0),
    });
    return [
      ...store.federations.all().map(({ federation }) => choice('federation')(federation)),
      ...readExamples().map(choice('example')),
    ];
  }

  participantsAll(): Participant[] {
    return this.#parts.participants.ids().map((id) => this.participant(id));
  }

  hasParticipant(id: string): boolean {
    return this.#parts.participants.get(id) !== undefined;
  }

  /** @throws CodedError `E_NOT_FOUND` */
  participant(id: string): Participant {
    const { participants, publisher } = this.#parts;
    const participant = participants.get(id);
    if (participant === undefined) throw new CodedError('E_NOT_FOUND', `there is no participant ${id}`);
    return { ...participant, shellId: publisher.ids.participant(id) };
  }

  /** The newest rows of a participant's gap ledger. @throws CodedError `E_NOT_FOUND` */
  gapsOf(id: string): readonly Schemas['GapRow'][] {
    const gaps = this.#parts.participants.gapsOf(id);
    if (gaps === undefined) throw new CodedError('E_NOT_FOUND', `there is no participant ${id}`);
    return gaps;
  }

  /** @throws CodedError `E_NOT_FOUND` */
  removeParticipant(id: string): void {
    const { store, participants, publisher, runs, admission } = this.#parts;
    if (!this.hasParticipant(id) && admission.proposals.has(id)) {
      store.transaction(() => admission.proposals.forget([id]));
      return;
    }
    const { federations } = this.participant(id);
    store.transaction(() => {
      store.participants.remove(id);
      store.publications.add(`participant:${id}`);
      for (const federation of federations) store.publications.add(`federation:${federation}`);
    });
    participants.reload();
    publisher.poke();
    runs.poke();
  }

  runsAll(federation: string | undefined): Run[] {
    return this.#parts.store.runs
      .all()
      .filter((run) => federation === undefined || run.federation === federation)
      .map((run) => this.run(run.id));
  }

  /** @throws CodedError `E_NOT_FOUND` */
  run(id: string): Run {
    const { store, runs, redisState } = this.#parts;
    const row = store.runs.get(id);
    if (row === undefined) throw new CodedError('E_NOT_FOUND', `there is no run ${id}`);
    const driver = runs.driver(id);
    if (driver === undefined) return viewRun(store, row, undefined);
    const away =
      redisState() === 'unreachable' ? 'E_REDIS_UNREACHABLE: waits until Redis is back' : undefined;
    return viewRun(store, row, {
      run: driver.run,
      trouble: driver.trouble ?? away,
      remainingMs: driver.remainingMs,
    });
  }

  versions(federation: string): ModelVersion[] {
    this.federation(federation);
    return this.#parts.store.versions.all(federation).map((row) => this.#viewVersion(row));
  }

  /** @throws CodedError `E_NOT_FOUND` */
  version(federation: string, number: number, group = 'main'): ModelVersion {
    const row = this.#parts.store.versions.get(federation, number, group);
    if (row === undefined) {
      throw new CodedError(
        'E_NOT_FOUND',
        `federation ${federation} has no version ${number} of group ${group}`,
      );
    }
    return this.#viewVersion(row);
  }

  #viewVersion(row: VersionRow): ModelVersion {
    const { publisher } = this.#parts;
    const { contributors, ...rest } = row;
    return present({
      ...rest,
      contributors: contributors === undefined ? undefined : [...contributors],
      shellId: publisher.ids.model(row.federation, row.group, row.number),
      attachmentUrl: publisher.attachmentUrl(row),
    });
  }
}

/** @throws CodedError `E_INVALID_INPUT` if class weights are listed, but not one a class. */
function requireWeightPerClass({ id, profile, training }: Federation): void {
  const { classWeights } = training;
  if (!Array.isArray(classWeights) || classWeights.length === profile.classes.length) return;
  const message = `must be as many as the profile's ${profile.classes.length} classes`;
  throw new CodedError('E_INVALID_INPUT', `the federation ${id} has ${classWeights.length} class weights`, {
    faults: [{ path: '/training/classWeights', message }],
  });
}
