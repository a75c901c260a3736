import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimStateFolder, emptyStateFolder, type StateMarker } from '../../cli/plant/state-folder.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fedshell-state-'));
  folders.push(folder);
  return folder;
}

const demo = (options: StateMarker['options'] = {}): StateMarker => ({ command: 'demo', options });

describe('a state folder', () => {
  it('is claimed once and claimed again by the same options', () => {
    const folder = join(newFolder(), 'new');
    claimStateFolder(folder, demo({ rounds: 6, data: null }));
    expect(() => claimStateFolder(folder, demo({ data: null, rounds: 6 }))).not.toThrow();
  });

  it('refuses other options, names them and names --fresh', () => {
    const folder = newFolder();
    claimStateFolder(folder, demo({ rounds: 6, data: null, seed: 1 }));
    const message = /data left open, not \/recordings and rounds 6, not 7; --fresh deletes it/;
    expect(() => claimStateFolder(folder, demo({ rounds: 7, data: '/recordings', seed: 1 }))).toThrow(
      expect.objectContaining({ code: 'E_STATE_MISMATCH', message: expect.stringMatching(message) }),
    );
  });

  it('refuses the state of another command', () => {
    const folder = newFolder();
    claimStateFolder(folder, demo());
    expect(() => claimStateFolder(folder, { command: 'up', options: {} })).toThrow(
      expect.objectContaining({ code: 'E_STATE_MISMATCH' }),
    );
  });

  it('is emptied but for the owner’s lock', () => {
    const folder = newFolder();
    claimStateFolder(folder, demo());
    mkdirSync(join(folder, 'supervisor'));
    mkdirSync(join(folder, 'aggregator'));
    writeFileSync(join(folder, 'join.token'), 'x');
    emptyStateFolder(folder);
    expect(readdirSync(folder)).toEqual(['supervisor']);
  });

  it('is never emptied or claimed where it holds somebody else’s files', () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'thesis.txt'), 'years of work');
    const refusal = expect.objectContaining({ code: 'E_STATE_MISMATCH' });
    expect(() => emptyStateFolder(folder)).toThrow(refusal);
    expect(() => claimStateFolder(folder, demo())).toThrow(refusal);
    expect(existsSync(join(folder, 'thesis.txt'))).toBe(true);
  });
});
