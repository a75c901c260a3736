import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { readUpdateHeader } from '../../../../learning/update-header.ts';
import { readSafetensorsHeader } from '../../../../learning/weights/safetensors.ts';
import type { TrainJob } from '../../../../openapi/schemas.ts';
import { CodedError } from '../../../../runtime/errors.ts';
import { silentLog } from '../../../../runtime/log.ts';
import {
  AggregatorClient,
  type ContributionKey,
  type FileToSend,
} from '../../../../services/trainer/aggregator-client.ts';
import { Backends } from '../../../../services/trainer/backends/backends.ts';
import type { LocalDataSet } from '../../../../services/trainer/data-set/local-data-set.ts';
import { train } from '../../../../services/trainer/jobs/train.ts';
import type { TrainingResults, TrainingTask } from '../../../../services/trainer/training/messages.ts';
import { ownNumerics } from '../../../../services/trainer/training/numerics.ts';
import { runInitialise } from '../../../../services/trainer/training/run-initialise.ts';
import { runTrain } from '../../../../services/trainer/training/run-train.ts';
import { loadTensorFlow } from '../../../../services/trainer/training/tensor-flow.ts';
import type { TaskPerformer } from '../../../../services/trainer/training/training-slots.ts';
import { UpdateStore } from '../../../../services/trainer/update-store.ts';
import { VersionCache } from '../../../../services/trainer/version-cache.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { openDataSet, receiveTones, toneProfile } from '../tone-data-set.ts';
import { breath } from './small-site.ts';

/** Where the trainer's process dies in a job; `end` is nowhere. */
const DEATHS = [
  'before training',
  'after training',
  'after its state was kept',
  'before the update is sent',
  'after the update was sent',
  'end',
] as const;
type Death = (typeof DEATHS)[number];

/** What happens to one attempt of a round. */
interface Attempt {
  /** How its job is executed, one after the other. */
  readonly executions: readonly Death[];
  /** Whether its update counts, if it arrives. */
  readonly counts: boolean;
  /** Whether the job before comes once more. */
  readonly echo: boolean;
}

const STRATEGIES: readonly (Pick<TrainJob, 'strategy'> & Pick<TrainJob, 'pipeline'>)[] = [
  {
    strategy: { key: 'scaffold' },
    pipeline: {
      participant: [{ kind: 'compress', codec: { key: 'top-k', fraction: 0.3, errorFeedback: true } }],
    },
  },
  { strategy: { key: 'ditto', lambda: 0.1 } },
  { strategy: { key: 'fed-per' } },
];

const killed = (where: Death) => new CodedError('E_ABORTED', `killed ${where}`);

/** One trainer of one participant, whose process dies and starts again, and the aggregator's view of it. */
class KilledTrainer extends AggregatorClient implements TaskPerformer {
  readonly #folder: string;
  readonly #backends: Backends;
  readonly #version: Uint8Array;
  #dataSet!: LocalDataSet;
  #updates!: UpdateStore;
  #versions!: VersionCache;
  #death: Death = 'end';
  /** Updates that arrived, by their contribution key. */
  readonly arrived = new Map<string, Uint8Array>();
  trainings = 0;

  constructor(folder: string, backends: Backends, version: Uint8Array) {
    super('http://127.0.0.1:1');
    this.#folder = folder;
    this.#backends = backends;
    this.#version = version;
  }

  async start(): Promise<void> {
    this.#dataSet = await openDataSet(join(this.#folder, 'press-1'), 'press-1');
    this.#updates = await UpdateStore.open(this.#folder);
    this.#versions = await VersionCache.open({ folder: join(this.#folder, 'versions') });
  }

  receive(): void {
    receiveTones(this.#dataSet, 60);
  }

  stop(): void {
    this.#dataSet.close();
    this.#updates.close();
  }

  /** Executes a job until the process dies; then another one takes its place. */
  async execute(job: TrainJob, death: Death): Promise<void> {
    this.#death = death;
    const context = {
      signal: new AbortController().signal,
      progress: ({ trainedAccuracy }: { trainedAccuracy?: number }) => {
        // Told once the state is kept.
        if (trainedAccuracy !== undefined && this.#death === 'after its state was kept') this.#dies();
        return Promise.resolve();
      },
    };
    const resources = {
      client: this,
      dataSets: new Map([['press-1', this.#dataSet]]),
      tasks: this,
      backends: this.#backends,
      versions: this.#versions,
      updates: this.#updates,
      log: silentLog,
    };
    try {
      await train(job, context as never, resources);
    } catch (thrown) {
      if (!(thrown instanceof CodedError) || thrown.message !== killed(death).message) throw thrown;
    }
    if (death === 'end') return;
    this.stop();
    await this.start();
  }

  async perform<Task extends TrainingTask>(task: Task): Promise<TrainingResults[Task['kind']]> {
    if (task.kind !== 'train') throw new RangeError('only trains');
    if (this.#death === 'before training') this.#dies();
    this.trainings += 1;
    const result = await runTrain(await loadTensorFlow(), task, breath, () => undefined);
    if (this.#death === 'after training') this.#dies();
    // A train task has such a result.
    return result as TrainingResults[Task['kind']];
  }

  override async weights() {
    const content = this.#version;
    return (async function* () {
      yield content;
    })();
  }

  override async putUpdate({ round, roundAttempt }: ContributionKey, file: FileToSend): Promise<void> {
    if (this.#death === 'before the update is sent') this.#dies();
    const key = `${round}.${roundAttempt}`;
    const content = file.content ?? readFileSync(file.path);
    const before = this.arrived.get(key);
    if (before !== undefined && !Buffer.from(before).equals(content))
      throw new Error('other bytes than before');
    this.arrived.set(key, content);
    if (this.#death === 'after the update was sent') this.#dies();
  }

  /** What is kept of an update. */
  async kept(run: string, strategy: string, update: string): Promise<Uint8Array | undefined> {
    const file = await this.#dataSet.states.fileOf({ run, strategy }, update);
    return file === undefined ? undefined : readFile(file);
  }

  #dies(): never {
    throw killed(this.#death);
  }
}

describe('the state of a participant whose trainer is killed', () => {
  const folder = temporaryFolder();
  const model = { key: 'dense', hidden: [3] };
  const profile = toneProfile();
  let trainer: KilledTrainer;
  let base: TrainJob['bases'][number];
  let runs = 0;

  beforeAll(async () => {
    const versionFile = join(folder, 'version-0');
    const task = { kind: 'initialise', model, profile, featureShape: [8], seed: 1 } as const;
    await runInitialise(await loadTensorFlow(), { ...task, scaler: { kind: 'local' }, versionFile });
    const version = readFileSync(versionFile);
    base = { group: 'main', number: 0, sha256: sha256(version), bytes: version.byteLength };
    const backends = await Backends.open({ settings: {}, slots: 1, cacheFolder: folder, log: silentLog });
    trainer = new KilledTrainer(folder, backends, version);
    await trainer.start();
    trainer.receive();
  });

  afterAll(() => trainer.stop());

  /** Does a run; gives what is kept at its end, and how many rounds counted. */
  async function run(
    how: (typeof STRATEGIES)[number],
    attempts: readonly Attempt[],
  ): Promise<{ kept: Uint8Array | undefined; counted: number }> {
    runs += 1;
    const id = `R${runs}`;
    trainer.arrived.clear();
    let lastCountedUpdate: string | undefined;
    let before: TrainJob | undefined;
    let [round, roundAttempt] = [1, 1];
    for (const { executions, counts, echo } of attempts) {
      const job: TrainJob = {
        kind: 'train',
        run: id,
        federation: 'F',
        round,
        roundAttempt,
        participant: 'press-1',
        bases: [base],
        model,
        profile,
        training: { localEpochs: 1, batchSize: 16, seed: 1, optimizer: { key: 'sgd', learningRate: 0.2 } },
        numerics: ownNumerics(),
        ...how,
        ...(lastCountedUpdate !== undefined && { lastCountedUpdate }),
      };
      for (const death of executions) await trainer.execute(job, death);
      if (echo && before !== undefined) await trainer.execute(before, 'end');
      before = job;
      const update = trainer.arrived.get(`${round}.${roundAttempt}`);
      if (update !== undefined && counts) {
        const { scalars } = readUpdateHeader(
          readSafetensorsHeader(update, ['F32', 'F16', 'I8', 'U8', 'U32']),
        );
        expect(scalars).not.toHaveProperty('stateLost');
        lastCountedUpdate = sha256(update);
        [round, roundAttempt] = [round + 1, 1];
      } else roundAttempt += 1;
    }
    const counted = round - 1;
    if (lastCountedUpdate === undefined) return { kept: undefined, counted };
    return { kept: await trainer.kept(id, how.strategy.key, lastCountedUpdate), counted };
  }

  const clean: Attempt = { executions: ['end'], counts: true, echo: false };
  const attempts = fc.array(
    fc.record<Attempt>({
      executions: fc.array(fc.constantFrom(...DEATHS), { minLength: 1, maxLength: 3 }),
      counts: fc.boolean(),
      echo: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  );

  it.each(STRATEGIES)('is that of one clean execution under $strategy.key', async (how) => {
    const cleanOnes: (Uint8Array | undefined)[] = [undefined];
    await fc.assert(
      fc.asyncProperty(attempts, async (given) => {
        const { kept, counted } = await run(how, given);
        for (let rounds = cleanOnes.length; rounds <= counted; rounds += 1) {
          cleanOnes.push((await run(how, new Array<Attempt>(rounds).fill(clean))).kept);
        }
        expect(kept).toEqual(cleanOnes[counted]);
        if (counted > 0) expect(kept).toBeDefined();
      }),
      { numRuns: 12 },
    );
  });

  it('changes from round to round, so that there is something to lose', async () => {
    const [one, two] = [await run(STRATEGIES[0]!, [clean]), await run(STRATEGIES[0]!, [clean, clean])];

    expect(one.kept).toBeDefined();
    expect(two.kept).not.toEqual(one.kept);
  });

  it.each(DEATHS)('survives a death %s in each of three rounds', async (death) => {
    const dying: Attempt = { executions: [death, 'end'], counts: true, echo: true };

    const { kept } = await run(STRATEGIES[0]!, [dying, dying, dying]);

    expect(kept).toEqual((await run(STRATEGIES[0]!, [clean, clean, clean])).kept);
  });

  it('is not trained again once its update is stored', async () => {
    trainer.trainings = 0;
    await run(STRATEGIES[0]!, [
      {
        executions: ['before the update is sent', 'after the update was sent', 'end'],
        counts: true,
        echo: false,
      },
    ]);

    expect(trainer.trainings).toBe(1);
  });
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
