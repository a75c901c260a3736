import { existsSync, readdirSync, rmSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ParticipantStates } from '../../../../services/trainer/participant-state/participant-states.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const KEY = { run: 'R', federation: 'F', strategy: 'ditto' };

describe('what a participant keeps of its strategies', () => {
  const parent = temporaryFolder();
  let folder: string;
  let states: ParticipantStates;

  beforeEach(async () => {
    folder = join(await mkdtemp(join(parent, 'states-')), 'states');
    states = new ParticipantStates(folder);
  });

  afterEach(() => states.close());

  /** Does a round whose update is named by its content. */
  async function keep(content: string, round: number, lastCountedUpdate?: string, key = KEY): Promise<void> {
    await states.settle(key, { round, roundAttempt: 1, lastCountedUpdate });
    const file = await states.newFile();
    await writeFile(file, content);
    await states.propose(key, { round, roundAttempt: 1 }, { update: `update ${content}`, file });
  }

  function files(): string[] {
    return readdirSync(join(folder, 'files'));
  }

  it('takes no place where nothing is kept', async () => {
    await states.forgetOtherRuns('F', 'R');

    expect(await states.fileOf(KEY)).toBeUndefined();
    expect(existsSync(folder)).toBe(false);
  });

  it('is there after a restart, once its update counted', async () => {
    await keep('one', 1);
    states.close();
    states = new ParticipantStates(folder);

    const found = await states.settle(KEY, { round: 2, roundAttempt: 1, lastCountedUpdate: 'update one' });

    expect(found).toMatchObject({ kind: 'ready' });
    if (found.kind === 'ready') expect(await readFile(found.file!, 'utf8')).toBe('one');
  });

  it('is none where its update did not count, and its file goes', async () => {
    await keep('one', 1);

    expect(await states.settle(KEY, { round: 1, roundAttempt: 2 })).toEqual({
      kind: 'ready',
      file: undefined,
    });
    expect(files()).toEqual([]);
  });

  it('is used by its update, or the newest one', async () => {
    await keep('one', 1);
    await keep('two', 2, 'update one');

    const contents = await Promise.all(
      [undefined, 'update one', 'update two', 'another'].map(async (update) => {
        const file = await states.fileOf(KEY, update);
        return file === undefined ? undefined : readFile(file, 'utf8');
      }),
    );

    expect(contents).toEqual(['two', 'one', 'two', undefined]);
  });

  it('says that a state is lost whose file is gone, and that a job of an earlier round is stale', async () => {
    await keep('one', 1);
    await keep('two', 2, 'update one');
    for (const name of files()) rmSync(join(folder, 'files', name));

    const job = { round: 3, roundAttempt: 1, lastCountedUpdate: 'update two' };
    expect(await states.settle(KEY, job)).toEqual({ kind: 'lost' });
    expect(await states.settle(KEY, { round: 2, roundAttempt: 1 })).toEqual({ kind: 'stale' });
  });

  it('forgets the other runs of its federation with their files, and of no other one', async () => {
    await keep('one', 1);
    await keep('two', 1, undefined, { ...KEY, run: 'S' });
    await keep('three', 1, undefined, { ...KEY, run: 'T', federation: 'G' });

    await states.forgetOtherRuns('F', 'S');

    expect(await states.fileOf(KEY)).toBeUndefined();
    expect(await states.fileOf({ ...KEY, run: 'S' })).toBeDefined();
    expect(await states.fileOf({ ...KEY, run: 'T' })).toBeDefined();
    expect(files()).toHaveLength(2);
  });

  it('removes what a process left that died before it could name it', async () => {
    await keep('one', 1);
    await writeFile(join(folder, 'files', 'a'.repeat(64)), 'nobody names it');
    await writeFile(await states.newFile(), 'not whole');
    states.close();
    states = new ParticipantStates(folder);

    await states.settle(KEY, { round: 1, roundAttempt: 1 });

    expect(files()).toHaveLength(1);
  });

  it('keeps files of jobs that run at the same time', async () => {
    const runs = Array.from({ length: 8 }, (_, index) => ({ ...KEY, run: `R${index}` }));
    await Promise.all(runs.map((key) => keep(`content of ${key.run}`, 1, undefined, key)));

    for (const key of runs) expect(await states.fileOf(key)).toBeDefined();
  });
});
