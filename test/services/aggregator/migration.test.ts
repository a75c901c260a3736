import { join } from 'node:path';
import { openDatabase } from '../../../runtime/database.ts';
import { MIGRATIONS } from '../../../services/aggregator/store/migrations.ts';
import { openStore } from '../../../services/aggregator/store/store.ts';
import { federation } from './support/federation.ts';
import { makeFolder, removeFolders } from './support/test-aggregator.ts';

afterAll(removeFolders);

/** The schema before versions had groups. */
const BEFORE_GROUPS = MIGRATIONS.findIndex((text) => text.includes('versions_of_groups'));

describe('a store of an aggregator that knew one model', () => {
  it('keeps its versions, states, evaluations and what counted, as those of group main', async () => {
    const folder = await makeFolder();
    const old = openDatabase(join(folder, 'aggregator.db'), MIGRATIONS.slice(0, BEFORE_GROUPS));
    const hash = 'a'.repeat(64);
    old.exec(`
      INSERT INTO federations VALUES ('f', '${JSON.stringify(federation('f'))}', 't');
      INSERT INTO runs VALUES ('r', 'f', 'running', NULL, 2, 1, 1, NULL, NULL, 0, NULL, NULL, 't', 't', NULL, 't', NULL);
      INSERT INTO rounds VALUES ('r', 1, 1, 'failed', 'late', '["p"]', 1, 0, '${hash}', 't', 't', NULL);
      INSERT INTO rounds VALUES ('r', 1, 2, 'completed', NULL, '["p"]', 1, 0, '${hash}', 't', 't', 1);
      INSERT INTO contributions VALUES ('r', 1, 1, 'p', 'lost', 5, 10, NULL, NULL);
      INSERT INTO contributions VALUES ('r', 1, 2, 'p', 'counted', 5, 10, NULL, NULL);
      INSERT INTO versions VALUES ('f', 0, '${hash}', 9, 'r', NULL, NULL, NULL, NULL, NULL, 't', 't');
      INSERT INTO versions VALUES ('f', 1, 'next', 9, 'r', 1, '${hash}', '["p"]', 10, NULL, 't', 't');
      INSERT INTO strategy_states VALUES ('f', 1, 'state', 7);
      INSERT INTO served_versions VALUES ('f', 1);
      INSERT INTO evaluation_requests VALUES ('r', 1, '["p"]', 1, NULL);
      INSERT INTO evaluations VALUES ('r', 1, 'p', NULL, 10, 9, 0.5, NULL);
    `);
    old.close();

    const store = await openStore(folder);

    expect(store.versions.current('f')).toMatchObject({ group: 'main', number: 1, contributors: ['p'] });
    expect(store.versions.newest('f')).toMatchObject({ number: 1, sha256: 'next' });
    expect(store.strategyStates.get(store.versions.current('f')!)).toMatchObject({
      sha256: 'state',
      bytes: 7,
    });
    expect(store.servedVersions.get('f')).toEqual({ group: 'main', number: 1 });
    expect(store.evaluations.latest('r')).toMatchObject([{ participant: 'p', correct: 9 }]);
    expect([...store.contributions.lastCounted('r')]).toEqual([['p', 'counted']]);
    expect(store.rounds.last('r')).toMatchObject({ version: 1, bases: undefined, plan: undefined });
    store.close();
  });
});
