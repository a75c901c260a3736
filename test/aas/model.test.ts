import fc from 'fast-check';
import { KilledEnvironment } from './model/killed-environment.ts';
import { type Effect, type Mutation, mutations } from './model/mutations.ts';
import { EMPTY, type PlainEnvironment } from './model/plain-environment.ts';

/** How many mutations at least; `FEDSHELL_MODEL_MUTATIONS=10000` takes some minutes. */
const WANTED = process.env['FEDSHELL_MODEL_MUTATIONS'];
const MUTATIONS = Number(WANTED ?? 300);
const LONGEST_RUN = 500;

interface Real {
  readonly environment: KilledEnvironment;
  readonly counts: Counts;
}

interface Counts {
  mutations: number;
  readonly byName: Record<string, number>;
  kills: number;
  killsOnTheWay: number;
}

/** What the commands share: the model behind a name, as commands change it in place. */
interface Held {
  now: PlainEnvironment;
}

/** A mutation whose answer is awaited; what the environment then holds is seen at the next kill. */
class Mutate implements fc.AsyncCommand<Held, Real> {
  readonly #mutation: Mutation;

  constructor(mutation: Mutation) {
    this.#mutation = mutation;
  }

  check({ now }: Readonly<Held>): boolean {
    return this.#mutation.effectOn(now) !== undefined;
  }

  async run(held: Held, { environment, counts }: Real): Promise<void> {
    const effect = effectOf(this.#mutation, held.now);
    const status = await environment.send(effect.request);
    expect({ ...effect.request, status }).toEqual({ ...effect.request, status: effect.status });
    held.now = effect.after;
    counts.mutations++;
    const { name } = this.#mutation;
    counts.byName[name] = (counts.byName[name] ?? 0) + 1;
  }

  toString(): string {
    return this.#mutation.name;
  }
}

/** A kill -9 while nothing is on its way: all that was answered for must be there. */
class Kill implements fc.AsyncCommand<Held, Real> {
  check(): boolean {
    return true;
  }

  async run({ now }: Held, { environment, counts }: Real): Promise<void> {
    await environment.killAndStart();
    expect(sorted(await environment.read())).toEqual(sorted(now));
    counts.kills++;
  }

  toString(): string {
    return 'kill -9';
  }
}

/** A kill -9 while a mutation is on its way: it must be there whole or not at all. */
class KillOnTheWay implements fc.AsyncCommand<Held, Real> {
  readonly #mutation: Mutation;
  readonly #afterMs: number;

  constructor(mutation: Mutation, afterMs: number) {
    this.#mutation = mutation;
    this.#afterMs = afterMs;
  }

  check({ now }: Readonly<Held>): boolean {
    return this.#mutation.effectOn(now) !== undefined;
  }

  async run(held: Held, { environment, counts }: Real): Promise<void> {
    const effect = effectOf(this.#mutation, held.now);
    const answered = environment.send(effect.request).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, this.#afterMs));
    await environment.killAndStart();
    const status = await answered;
    const found = sorted(await environment.read());
    const before = sorted(held.now);
    const after = sorted(effect.after);
    if (status === undefined && JSON.stringify(found) === JSON.stringify(before)) return;
    expect(found).toEqual(after);
    held.now = effect.after;
    counts.killsOnTheWay++;
    counts.mutations++;
  }

  toString(): string {
    return `kill -9 ${this.#afterMs} ms after ${this.#mutation.name} was sent`;
  }
}

describe('an environment under random mutations', () => {
  it(`holds what a plain model holds, through kill -9 and restart, over ${MUTATIONS} mutations`, async () => {
    const counts: Counts = { mutations: 0, byName: {}, kills: 0, killsOnTheWay: 0 };
    const anyMutation = fc.oneof(...mutations);
    const commands = fc.commands(
      [
        ...Array.from({ length: 40 }, () => anyMutation.map((mutation) => new Mutate(mutation))),
        fc.constant(new Kill()),
        fc.tuple(anyMutation, fc.nat(6)).map(([mutation, afterMs]) => new KillOnTheWay(mutation, afterMs)),
      ],
      { maxCommands: Math.min(LONGEST_RUN, MUTATIONS), size: 'max' },
    );
    const property = fc.asyncProperty(commands, async (script) => {
      const environment = new KilledEnvironment();
      await environment.start();
      try {
        const setup = () => ({ model: { now: EMPTY }, real: { environment, counts } });
        const held: { model: Held; real: Real } = setup();
        await fc.asyncModelRun(() => held, script);
        await new Kill().run(held.model, held.real);
      } finally {
        await environment.end();
      }
    });
    while (counts.mutations < MUTATIONS) {
      // A failure names the seed and the commands; shrinking would start the environment hundreds of times.
      await fc.assert(property, { numRuns: 1, endOnFailure: true });
    }
    if (WANTED !== undefined) process.stderr.write(`${JSON.stringify(counts)}\n`);
    expect(counts.mutations).toBeGreaterThanOrEqual(MUTATIONS);
  }, 3_600_000);
});

function effectOf(mutation: Mutation, model: PlainEnvironment): Effect {
  const effect = mutation.effectOn(model);
  if (effect === undefined) throw new Error(`${mutation.name} was checked to have an effect`);
  return effect;
}

/** In an order of its own, so that equal environments are equal as text. */
function sorted({ submodels, attachments }: PlainEnvironment) {
  return {
    submodels: Object.fromEntries(
      [...submodels].sort().map(([id, submodel]) => [id, sortedMembers(submodel)]),
    ),
    attachments: attachments.map((one) => JSON.stringify(sortedMembers(one))).sort(),
  };
}

function sortedMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedMembers);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([member, inner]) => [member, sortedMembers(inner)]));
}
