import type { Federation, Numerics } from '../../../openapi/schemas.ts';
import { canonicalJson } from '../../../runtime/canonical-json.ts';
import { CodedError } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import { backendEnvironment } from './backend-environment.ts';
import { type BackendPlan, describeNumerics, sameNumerics } from './backend-plan.ts';
import { candidateBackends } from './candidate-backends.ts';
import { type Choice, chooseBackend, type RefusedBackend, type WorkingBackend } from './choose-backend.ts';
import { MeasurementCache } from './measurement-cache.ts';
import { probeBackend } from './probe-backend.ts';
import type { ProbeRequest, Workload } from './probe-messages.ts';
import { sharedMemoryBytes } from './shared-memory.ts';
import { workloadOf } from './workload.ts';

/** How a trainer file steers the choice. */
export interface BackendSettings {
  /** Backend to use for every run that does not ask to be reproducible. */
  readonly backend?: 'wasm' | 'tensorflow' | 'webgpu';
  /** Whether a GPU imitated in software will do. */
  readonly softwareGpu?: boolean;
  /** Most memory of a training process, in bytes; a share of the machine's by default. */
  readonly slotMemoryBytes?: number;
}

interface BackendsOptions {
  readonly settings: BackendSettings;
  readonly slots: number;
  /** Where `setup:tensorflow` puts what it brings, and measurements are kept. */
  readonly cacheFolder: string;
  readonly log: Log;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Tries and measures a backend. @defaultValue a process of its own */
  readonly probe?: typeof probeBackend;
}

/** What a federation's model is computed with here. */
export interface FederationBackend {
  readonly numerics: Numerics;
  /** Training steps a second of its model and batch, where it was measured. */
  readonly stepsPerSecond?: number;
  /** Each other backend and why it is not used, such as `webgpu webgpu 0.6.2: not set up`. */
  readonly refusedBackends: string[];
}

/** Characters of a reason at most: it is told with every report. */
const REASON_LENGTH = 200;

/** The tensor backends of this machine: which work, and which one is the best for each federation's model. */
export class Backends {
  readonly #options: BackendsOptions;
  readonly #working: readonly WorkingBackend[];
  readonly #refused: readonly RefusedBackend[];
  readonly #cache: MeasurementCache;
  readonly #choices = new Map<string, Choice>();
  /** Federations whose choice is in the log, with its key. */
  readonly #told = new Map<string, string>();
  readonly #stop = new AbortController();
  #measuring: Promise<void> = Promise.resolve();
  readonly #asked = new Set<string>();

  private constructor(
    options: BackendsOptions,
    working: readonly WorkingBackend[],
    refused: readonly RefusedBackend[],
  ) {
    this.#options = options;
    this.#working = working;
    this.#refused = refused;
    const environment = backendEnvironment(options.environment);
    this.#cache = new MeasurementCache(`${options.cacheFolder}/measurements`, environment);
  }

  /**
   * Tries the native backends that are set up, each in a process of its own; WASM needs no trial.
   * @throws CodedError `E_BACKEND_UNAVAILABLE` if the one that the settings name does not work.
   */
  static async open(options: BackendsOptions): Promise<Backends> {
    const { settings, cacheFolder, log, environment, probe = probeBackend } = options;
    const { plans, absent } = candidateBackends({ cacheFolder, softwareGpu: settings.softwareGpu === true });
    const refused: RefusedBackend[] = [...absent];
    const working: WorkingBackend[] = [];
    for (const plan of plans) {
      const { backend } = plan.numerics;
      const isWasm = backend === 'wasm';
      if (isWasm || (settings.backend !== undefined && settings.backend !== backend)) {
        if (isWasm) working.push({ plan });
        continue;
      }
      const answer = await probe({ plan }, environment === undefined ? {} : { environment });
      if (answer.kind === 'refused') refused.push({ numerics: plan.numerics, reason: answer.message });
      else working.push({ plan: { ...plan, numerics: answer.result.numerics } });
    }
    for (const { numerics, reason } of refused) {
      log.debug({ event: 'backend.refused', backend: numerics.backend, build: numerics.build, reason });
    }
    const named = settings.backend;
    if (named !== undefined && !working.some(({ plan }) => plan.numerics.backend === named)) {
      const reason = refused.find(({ numerics }) => numerics.backend === named)?.reason ?? 'there is none';
      throw new CodedError('E_BACKEND_UNAVAILABLE', `the trainer file names backend ${named}: ${reason}`);
    }
    return new Backends(options, working, refused);
  }

  /** What works here, that whose bits are the same everywhere first. */
  get all(): readonly Numerics[] {
    return this.#working.map(({ plan }) => plan.numerics);
  }

  /** What a run computes with here if nothing is known of its model. */
  get preferred(): Numerics {
    return chooseBackend(this.#eligible, this.#rule(false)).chosen.plan.numerics;
  }

  /** What does not work here, or is not there, and why. */
  get refused(): readonly RefusedBackend[] {
    return this.#refused;
  }

  /**
   * What a federation's model is computed with here; undefined while it is being measured. The first call begins that.
   */
  forFederation(federation: Federation): FederationBackend | undefined {
    const reproducible = federation.training.numerics === 'reproducible';
    const key = canonicalJson([reproducible, workloadOf(federation)]);
    const known = this.#choices.get(key) ?? this.#withoutMeasuring(reproducible);
    if (known !== undefined) {
      this.#tell(federation.id, key, known);
      return this.#figuresOf(known);
    }
    if (!this.#asked.has(key)) {
      this.#asked.add(key);
      // One after the other: two at once would measure each other.
      this.#measuring = this.#measuring.then(() => this.#measure(key, workloadOf(federation), federation.id));
    }
    return undefined;
  }

  /**
   * How to compute what a job asks for.
   * @param wanted numerics of the job's run; absent for what is no part of a run.
   * @throws CodedError `E_NUMERICS_MISMATCH` if this worker lacks them, `E_NO_GPU` if the run demands a GPU and they are
   * not on one.
   */
  require(wanted: Numerics | undefined, device?: 'any' | 'gpu'): BackendPlan {
    const own = wanted ?? this.preferred;
    const found = this.#working.find(({ plan }) => sameNumerics(plan.numerics, own));
    if (device === 'gpu' && (own.device !== 'gpu' || found === undefined)) {
      throw new CodedError('E_NO_GPU', `the run demands a GPU; this worker has ${this.#list()}`);
    }
    if (found !== undefined) return found.plan;
    const message = `the run computes with ${describeNumerics(own)}; this worker has ${this.#list()}`;
    throw new CodedError('E_NUMERICS_MISMATCH', message);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#measuring;
  }

  /** Of the WASM builds only the fastest: measuring would tell what is known. */
  get #eligible(): readonly WorkingBackend[] {
    const isWasm = ({ plan }: WorkingBackend) => plan.numerics.backend === 'wasm';
    const wasm = this.#working.filter(isWasm).slice(-1);
    return [...wasm, ...this.#working.filter((backend) => !isWasm(backend))];
  }

  /** A choice that needs no figures: there is one backend, one is named, or one is on a GPU. */
  #withoutMeasuring(reproducible: boolean): Choice | undefined {
    if (reproducible) return chooseBackend(this.#working, this.#rule(true));
    const { backend } = this.#options.settings;
    const named = this.#eligible.filter(
      ({ plan }) => backend === undefined || plan.numerics.backend === backend,
    );
    const onGpu = named.filter(({ plan }) => plan.numerics.device === 'gpu');
    if (named.length !== 1 && onGpu.length !== 1) return undefined;
    return chooseBackend(this.#eligible, this.#rule(false));
  }

  async #measure(key: string, workload: Workload, federation: string): Promise<void> {
    const measured: WorkingBackend[] = [];
    const failed: RefusedBackend[] = [];
    for (const { plan } of this.#eligible) {
      if (this.#stop.signal.aborted) return;
      const answer = await this.#probed({ plan, workload });
      if (answer.kind === 'result') measured.push({ plan, measured: answer.result });
      else failed.push({ numerics: plan.numerics, reason: answer.message });
    }
    // None of them could train it: the jobs will say why.
    const working = measured.length > 0 ? measured : this.#eligible;
    const { chosen, refused } = chooseBackend(working, this.#rule(false));
    const choice = { chosen, refused: [...refused, ...failed] };
    this.#choices.set(key, choice);
    this.#tell(federation, key, choice);
  }

  /** Logs a federation's choice, once as long as it asks for the same. */
  #tell(federation: string, key: string, choice: Choice): void {
    if (this.#told.get(federation) === key) return;
    this.#told.set(federation, key);
    const { plan, measured } = choice.chosen;
    this.#options.log.info({
      event: 'backend.chosen',
      federation,
      backend: describeNumerics(plan.numerics),
      stepsPerSecond: measured?.stepsPerSecond,
      peakBytes: measured?.peakBytes,
      refused: this.#reasonsOf(choice),
    });
  }

  #figuresOf(choice: Choice): FederationBackend {
    const { plan, measured } = choice.chosen;
    return {
      numerics: plan.numerics,
      ...(measured !== undefined && { stepsPerSecond: measured.stepsPerSecond }),
      refusedBackends: this.#reasonsOf(choice),
    };
  }

  /** Why this choice leaves the others, and why those are none that do not work here. */
  #reasonsOf({ refused }: Choice): string[] {
    return [...refused, ...this.#refused].map(({ numerics: { backend, build }, reason }) =>
      `${backend} ${build}: ${reason}`.slice(0, REASON_LENGTH),
    );
  }

  async #probed(request: ProbeRequest) {
    const known = await this.#cache.find(request);
    if (known !== undefined) return known;
    const { environment, probe = probeBackend, log } = this.#options;
    const { signal } = this.#stop;
    const answer = await probe(request, { signal, ...(environment !== undefined && { environment }) });
    await this.#cache.keep(request, answer).catch((error: unknown) => {
      log.warn({ event: 'backend.measurement.not.kept' }, String(error));
    });
    return answer;
  }

  #rule(reproducible: boolean) {
    const { settings, slots } = this.#options;
    return {
      ...(settings.backend !== undefined && { setting: settings.backend }),
      reproducible,
      memoryLimitBytes: settings.slotMemoryBytes ?? sharedMemoryBytes(slots),
    };
  }

  #list(): string {
    return this.all.map(describeNumerics).join(' and ');
  }
}
