import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ManifestRow } from '../../connectors/recording/manifest.ts';
import { CodedError, type Fault } from '../../runtime/errors.ts';
import { type InspectedRow, inspectRecordings } from './inspect-recordings.ts';
import { type Layout, layOutFolder, type PlacedFile } from './lay-out-folder.ts';
import { manifestText } from './manifest-text.ts';
import { testFiles } from './split-files.ts';

/** What a folder of recordings holds. */
export interface FolderReport {
  readonly folder: string;
  /** Whether there was a manifest, or it was written, or not because of faults. */
  readonly manifest: 'found' | 'written' | 'not-written';
  /** How the folders were understood, where there was no manifest. */
  readonly layout?: Layout;
  readonly participants: readonly ParticipantReport[];
  readonly labels: readonly string[];
  readonly sampleRatesHz: readonly number[];
  /** Every fault, with its file and its line in that file or in the manifest. */
  readonly faults: readonly Fault[];
  /** Recordings that are in no row. */
  readonly leftOut: readonly string[];
}

export interface ParticipantReport {
  readonly id: string;
  readonly recordings: number;
  readonly testRecordings: number;
  readonly samples: number;
  readonly shortestSamples: number;
  readonly longestSamples: number;
  readonly labels: Readonly<Record<string, number>>;
}

interface CheckOptions {
  /** Column that makes participants. @defaultValue `client` */
  readonly group?: string;
  readonly layout?: Layout;
  /** Whether a manifest is written of the recordings that are good where others are not. */
  readonly leaveOutFaulty?: boolean;
}

/**
 * Reads all recordings of a folder. Where it has no manifest.csv, one is written from its folders and names: the
 * sha256 of each file, and a fifth of each participant's recordings of each label held out for tests.
 * @throws CodedError `E_NO_MANIFEST` where none can be made; `E_INVALID_MANIFEST` with its faults.
 */
export async function checkFolder(folder: string, options: CheckOptions = {}): Promise<FolderReport> {
  const manifestFile = join(folder, 'manifest.csv');
  return existsSync(manifestFile)
    ? checkManifest(folder, options.group)
    : checkLaidOut(folder, manifestFile, options);
}

async function checkManifest(folder: string, group = 'client'): Promise<FolderReport> {
  const { readManifest } = await import('../../connectors/recording/manifest.ts');
  const manifest = await readManifest(folder, { group });
  const rows = manifest.groups.flatMap((one) => one.rows);
  const { good, faults } = await inspectRecordings(rows);
  const idOf = (row: ManifestRow) =>
    manifest.groups.find(({ value }) => value === row.values.get(group))?.id ?? '';
  return { folder, manifest: 'found', faults, leftOut: [], ...summaryOf(good, idOf) };
}

async function checkLaidOut(
  folder: string,
  manifestFile: string,
  { layout: asked, leaveOutFaulty = false }: CheckOptions,
): Promise<FolderReport> {
  const { RECORDING_EXTENSIONS } = await import('../../connectors/recording/open-recording.ts');
  const { layout, files, leftOut } = layOutFolder(folder, RECORDING_EXTENSIONS, asked);
  if (files.length === 0) {
    throw new CodedError('E_NO_MANIFEST', `no recording in ${folder} has a path of the layout ${layout}`);
  }
  const { good, faults: faultsByLine } = await inspectRecordings(
    files.map((file) => provisionalRow(folder, file)),
  );
  // There is no manifest yet whose line could be meant.
  const faults = faultsByLine.map(({ path, line, message }) =>
    line === undefined || line === 0 ? { path, message } : { path, line, message },
  );
  const isWritten = good.length > 0 && (faults.length === 0 || leaveOutFaulty);
  if (isWritten) await writeManifest(manifestFile, files, good);
  return {
    folder,
    manifest: isWritten ? 'written' : 'not-written',
    layout,
    faults,
    leftOut,
    ...summaryOf(good, (row) => row.values.get('client') ?? ''),
  };
}

/** The row that a file will have, as far as reading it needs. */
function provisionalRow(folder: string, { file, client, label }: PlacedFile): ManifestRow {
  const values = new Map([
    ['client', client],
    ['label', label],
  ]);
  return { line: 0, file, path: join(folder, file), label, lot: '', values };
}

async function writeManifest(
  manifestFile: string,
  files: readonly PlacedFile[],
  good: readonly InspectedRow[],
): Promise<void> {
  const byFile = new Map(good.map((inspected) => [inspected.row.file, inspected]));
  const kept = files.filter(({ file }) => byFile.has(file));
  const held = testFiles(kept);
  const rows = [];
  for (const { file, client, label, columns } of kept) {
    const { row, samples, sampleRateHz = '' } = byFile.get(file)!;
    const sha256 = await sha256Of(row.path);
    const split = held.has(file) ? 'test' : 'train';
    rows.push({ file, client, label, split, sha256, sample_rate: sampleRateHz, samples, ...columns });
  }
  const partial = `${manifestFile}.partial`;
  await writeFile(partial, manifestText(rows));
  await rename(partial, manifestFile);
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

function summaryOf(
  good: readonly InspectedRow[],
  idOf: (row: ManifestRow) => string,
): Pick<FolderReport, 'participants' | 'labels' | 'sampleRatesHz'> {
  const byId = new Map<string, InspectedRow[]>();
  for (const inspected of good) {
    const id = idOf(inspected.row);
    const known = byId.get(id);
    if (known === undefined) byId.set(id, [inspected]);
    else known.push(inspected);
  }
  const participants = [...byId].map(([id, rows]): ParticipantReport => {
    const labels: Record<string, number> = {};
    for (const { row } of rows) labels[row.label] = (labels[row.label] ?? 0) + 1;
    const samples = rows.map((each) => each.samples);
    return {
      id,
      recordings: rows.length,
      testRecordings: rows.filter(({ row }) => row.lot === 'test').length,
      samples: samples.reduce((sum, count) => sum + count, 0),
      shortestSamples: samples.reduce((least, count) => Math.min(least, count), Number.POSITIVE_INFINITY),
      longestSamples: samples.reduce((most, count) => Math.max(most, count), 0),
      labels,
    };
  });
  const rates = new Set(
    good.flatMap(({ sampleRateHz }) => (sampleRateHz === undefined ? [] : [sampleRateHz])),
  );
  return {
    participants: participants.sort((a, b) => (a.id < b.id ? -1 : 1)),
    labels: [...new Set(good.map(({ row }) => row.label))].sort(),
    sampleRatesHz: [...rates].sort((a, b) => a - b),
  };
}
