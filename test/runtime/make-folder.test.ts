import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../runtime/make-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fedshell-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a folder of our own', () => {
  it('is made with those above it, for its owner alone, and may be there already', () => {
    const wanted = join(folder, 'a', 'b');

    makeFolder(wanted);
    makeFolder(wanted);

    expect(statSync(wanted).mode & 0o777).toBe(0o700);
  });

  it('is refused below a file, and the folder that fails is named', () => {
    writeFileSync(join(folder, 'file'), '');

    expect(() => makeFolder(join(folder, 'file', 'state', 'deep'))).toThrow(
      expect.objectContaining({
        code: 'E_FOLDER_UNUSABLE',
        message: expect.stringContaining(join(folder, 'file', 'state')),
      }),
    );
  });

  // Elsewhere there is no folder that refuses with "no such file".
  (process.platform === 'linux' ? it : it.skip)('is refused below /proc, where nothing can be made', () => {
    expect(() => makeFolder('/proc/fedshell/state')).toThrow(
      expect.objectContaining({ code: 'E_FOLDER_UNUSABLE' }),
    );
  });
});
