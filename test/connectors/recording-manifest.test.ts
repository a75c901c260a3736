import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest } from '../../connectors/recording/manifest.ts';
import { CodedError } from '../../runtime/errors.ts';

const SHA256 = 'a'.repeat(64);

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fedshell-manifest-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function writeManifest(...lines: string[]): void {
  writeFileSync(join(folder, 'manifest.csv'), lines.join('\n'));
}

function writeFiles(...names: string[]): void {
  for (const name of names) writeFileSync(join(folder, name), '');
}

async function failureOf(reading: Promise<unknown>): Promise<CodedError> {
  const failure = await reading.catch((thrown: unknown) => thrown);
  if (failure instanceof CodedError) return failure;
  throw new Error('expected a CodedError');
}

describe('readManifest', () => {
  it('groups the rows by client, in the order of the ids', async () => {
    writeFiles('a.wav', 'b.wav', 'c.wav');
    writeManifest(
      'file,client,label,split,sha256,load_pct',
      `a.wav,press 2,good,train,${SHA256},10`,
      `b.wav,press 1,worn,test,${SHA256},20`,
      `c.wav,press 2,good,test,${SHA256},30`,
    );

    const manifest = await readManifest(folder);

    expect(manifest.groups.map(({ id, value }) => [id, value])).toEqual([
      ['press-1', 'press 1'],
      ['press-2', 'press 2'],
    ]);
    expect(manifest.groups[1]?.rows.map((row) => [row.file, row.label, row.lot, row.line])).toEqual([
      ['a.wav', 'good', 'train', 2],
      ['c.wav', 'good', 'test', 4],
    ]);
    expect(manifest.labels).toEqual(['good', 'worn']);
  });

  it('groups by another column and keeps the first groups only', async () => {
    writeFiles('a.csv');
    writeManifest(
      'file,client,label,split,sha256,column,first_row,rows',
      ...['x2', 'x1', 'x3'].map((column) => `a.csv,all,good,train,${SHA256},${column},0,5`),
    );

    const manifest = await readManifest(folder, { group: 'column', groups: 2 });

    expect(manifest.groups.map(({ id }) => id)).toEqual(['x1', 'x2']);
    expect(manifest.groups[0]?.rows[0]).toMatchObject({ column: 'x1', firstRow: 0, rows: 5 });
  });

  it('reads quoted fields, CRLF and a byte order mark', async () => {
    writeFiles('a, "b".wav');
    writeManifest(
      `\uFEFFfile,client,label,split,sha256\r`,
      `"a, ""b"".wav",one,"outer\nrace",train,${SHA256}\r`,
    );

    const manifest = await readManifest(folder);

    expect(manifest.groups[0]?.rows[0]).toMatchObject({ file: 'a, "b".wav', label: 'outer\nrace' });
  });

  it('reports every fault with its column and its line', async () => {
    writeManifest(
      'file,client,label,split,sha256,rows',
      `../outside.wav,a,good,train,${SHA256},1`,
      `/etc/passwd,a,good,train,${SHA256},1`,
      `x.wav,a,,train,${SHA256},1`,
      'y.wav,a,good,train,abc,1',
      `z.wav,-,good,train,${SHA256},none`,
      `z.wav,a,good,train,${SHA256}`,
    );

    const failure = await failureOf(readManifest(folder));

    expect(failure.code).toBe('E_INVALID_MANIFEST');
    expect(failure.faults.map(({ line, path }) => [line, path]).sort()).toEqual([
      [2, 'file'],
      [3, 'file'],
      [4, 'label'],
      [5, 'sha256'],
      [6, 'client'],
      [6, 'rows'],
      [7, ''],
      [7, 'file'],
    ]);
  });

  it('takes files without a hash', async () => {
    writeFiles('a.wav', 'b.wav');
    writeManifest('file,client,label,split,sha256', 'a.wav,p,x,train,', `b.wav,p,x,train,${SHA256}`);

    const { groups } = await readManifest(folder);

    expect(groups[0]?.rows.map(({ sha256 }) => sha256)).toEqual([undefined, SHA256]);
  });

  it('refuses two values that would become the same id', async () => {
    writeFiles('a.wav', 'b.wav');
    writeManifest(
      'file,client,label,split,sha256',
      `a.wav,p 1,x,train,${SHA256}`,
      `b.wav,p.1,x,train,${SHA256}`,
    );

    const failure = await failureOf(readManifest(folder));

    expect(failure.code).toBe('E_INVALID_MANIFEST');
    expect(failure.faults).toEqual([
      { path: 'client', line: 3, message: '"p.1" and "p 1" both become the id "p-1"' },
    ]);
  });

  it('names the columns that are missing', async () => {
    writeManifest('file,label', 'a.wav,x');

    const failure = await failureOf(readManifest(folder, { group: 'position' }));

    expect(failure.faults.map(({ path }) => path)).toEqual(['client', 'split', 'position']);
  });

  it('tells a folder without a manifest and files that are not there', async () => {
    expect((await failureOf(readManifest(folder))).code).toBe('E_NO_MANIFEST');
    writeManifest('file,client,label,split,sha256', `a.wav,p,x,train,${SHA256}`);

    const failure = await failureOf(readManifest(folder));

    expect(failure.code).toBe('E_INVALID_RECORDING');
    expect(failure.faults).toEqual([{ path: 'a.wav', line: 2, message: 'the file does not exist' }]);
  });
});
