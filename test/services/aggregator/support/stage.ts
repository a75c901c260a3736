import type { Federation, Run } from '../../../../openapi/schemas.ts';
import type { AggregatorSettings } from '../../../../services/aggregator/settings.ts';
import { eventually } from '../../../support/eventually.ts';
import { startTestRedis, type TestRedis } from '../../../support/redis.ts';
import { federation } from './federation.ts';
import { removeFolders, startTestAggregator, type TestAggregator } from './test-aggregator.ts';
import { TestTrainer, type TestTrainerOptions } from './test-trainer.ts';

/** A real Redis, an aggregator and trainers, ended together. */
export class Stage {
  readonly redis: TestRedis;
  aggregator: TestAggregator;
  readonly #settings: Partial<AggregatorSettings>;
  readonly #trainers: TestTrainer[] = [];

  private constructor(redis: TestRedis, aggregator: TestAggregator, settings: Partial<AggregatorSettings>) {
    this.redis = redis;
    this.aggregator = aggregator;
    this.#settings = settings;
  }

  static async open(settings: Partial<AggregatorSettings> = {}): Promise<Stage> {
    const redis = await startTestRedis();
    const aggregator = await startTestAggregator({ ...settings, redis: redis.connection });
    return new Stage(redis, aggregator, settings);
  }

  /** Ends the aggregator as SIGTERM does and starts another one on its folder and ports. */
  async restart(): Promise<void> {
    const { folder, url, aas } = this.aggregator;
    await this.aggregator.stop();
    this.aggregator = await startTestAggregator({
      ...this.#settings,
      redis: this.redis.connection,
      folder,
      port: Number(new URL(url).port),
      aasPort: Number(new URL(aas).port),
    });
  }

  /** Creates a federation. @returns its join token. */
  async create(id: string, changes: Partial<Federation> = {}): Promise<string> {
    const { status, body } = await this.aggregator.post('/api/federations', federation(id, changes));
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body.joinToken;
  }

  trainer(
    pool: string,
    participants: readonly string[],
    options: Partial<TestTrainerOptions> = {},
  ): TestTrainer {
    const { redis } = this;
    const url = () => this.aggregator.url;
    const trainer = new TestTrainer({ url, redis: redis.connection, pool, participants, ...options });
    this.#trainers.push(trainer);
    return trainer;
  }

  async startRun(id: string, request: object = {}): Promise<string> {
    const { status, body } = await this.aggregator.post(`/api/federations/${id}/runs`, request);
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body.id;
  }

  async run(id: string): Promise<Run> {
    return (await this.aggregator.get(`/api/runs/${id}`)).body;
  }

  /** Waits until the run fulfils the condition. */
  until(id: string, condition: (run: Run) => boolean): Promise<Run> {
    return eventually(async () => {
      const run = await this.run(id);
      if (!condition(run)) throw new Error(`${run.state} in round ${run.round}: ${run.reason}`);
      return run;
    });
  }

  ended(id: string): Promise<Run> {
    return this.until(id, (run) => run.endedAt !== undefined);
  }

  async stopTrainers(): Promise<void> {
    for (const trainer of this.#trainers.splice(0)) await trainer.stop();
  }

  async close(): Promise<void> {
    await this.stopTrainers();
    await this.aggregator.stop();
    await this.redis.stop();
    await removeFolders();
  }
}
