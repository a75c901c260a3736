import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attackSpecs } from '../../cli/evaluate/attack-specs.ts';
import { sheetCsv, sheetText } from '../../cli/evaluate/sheet-text.ts';
import type { AcceptanceSheet } from '../../services/trainer/acceptance-sheet.ts';
import { runFedshell } from '../support/run-fedshell.ts';

const SHEET: AcceptanceSheet = {
  classes: ['left, right', 'stop'],
  attacks: [{ key: 'fgsm', epsilon: 0.05 }],
  seed: 1,
  rows: (['none', 'randomised'] as const).map((defence) => ({
    model: 'a',
    sha256: 'f'.repeat(64),
    defence,
    cells: ['clean', 'fgsm'].map((attack) => ({
      attack,
      exampleCount: 4,
      accuracy: 0.5,
      uar: 0.625,
      interval: { low: 0.25, high: 1 },
      recall: [0.5, null],
      confusion: [
        [1, 1],
        [0, 0],
      ],
    })),
  })),
};

describe('the acceptance sheet', () => {
  it('shows a row a model and defence, a column an attack', () => {
    const [head, first, second] = sheetText(SHEET).split('\n');

    expect(head).toMatch(/UAR in %\s+clean\s+fgsm/);
    expect(first).toMatch(/^a\s+62\.5 \[25\.0, 100\.0\]\s+62\.5 \[25\.0, 100\.0\]$/);
    expect(second).toMatch(/^a \+ randomisation/);
  });

  it('is CSV with a line a cell, quoted where a name needs it', () => {
    const lines = sheetCsv(SHEET).trimEnd().split('\n');

    expect(lines).toHaveLength(5);
    expect(lines[0]).toContain('"recall left, right",recall stop');
    expect(lines[1]).toBe(`a,${'f'.repeat(64)},none,clean,4,0.5,0.625,0.25,1,0.5,`);
  });
});

describe('the attacks of a command line', () => {
  it('get the options that they have', () => {
    expect(attackSpecs({ attack: 'fgsm, pgd,deepfool', epsilon: 0.1, iterations: 7 })).toEqual([
      { key: 'fgsm', epsilon: 0.1 },
      { key: 'pgd', epsilon: 0.1, iterations: 7 },
      { key: 'deepfool', iterations: 7 },
    ]);
    expect(attackSpecs({})).toEqual([]);
  });

  it('are refused where there is no such attack', () => {
    expect(() => attackSpecs({ attack: 'fgms' })).toThrow(
      expect.objectContaining({ code: 'E_INVALID_INPUT' }),
    );
  });
});

describe('the file of --csv', () => {
  it('is refused before the evaluation where it cannot be written, and none is left behind', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fedshell-csv-'));
    const csv = join(folder, 'none', 'sheet.csv');
    const evaluate = (file: string) =>
      runFedshell(['evaluate', join(folder, 'no-model'), '--data', folder, '--csv', file]);
    const [unwritable, writable] = [await evaluate(csv), await evaluate(join(folder, 'sheet.csv'))];
    const left = readdirSync(folder);
    rmSync(folder, { recursive: true, force: true });

    expect(unwritable.stderr).toMatch(/E_INVALID_INPUT: --csv .*sheet\.csv cannot be written/);
    // The model comes next.
    expect(writable.stderr).toContain('E_FILE_NOT_FOUND');
    expect(left).toEqual([]);
  });
});
