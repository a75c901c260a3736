import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataFolder } from '../../bench/support/data-folder.ts';

describe('the recordings of a bench', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fedshell-bench-data-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are those of --data, which must hold a set', () => {
    const flags = ['--sheet', `--data=${folder}`];

    expect(() => dataFolder('skab', flags)).toThrow(expect.objectContaining({ code: 'E_FILE_NOT_FOUND' }));
    writeFileSync(join(folder, 'manifest.csv'), 'file\n');
    expect(dataFolder('skab', flags)).toBe(folder);
  });
});
