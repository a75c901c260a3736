import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connector, ConnectorState, Sample } from '../../connectors/connector.ts';
import { FIRST_POSITION } from '../../connectors/recording/blocks.ts';
import { createFolderConnector } from '../../connectors/recording/folder-connector.ts';
import { readManifest } from '../../connectors/recording/manifest.ts';
import { readSegments, type Segment } from '../../connectors/recording/segments.ts';
import type { FolderSource } from '../../openapi/schemas.ts';
import { CodedError } from '../../runtime/errors.ts';
import { packageRoot } from '../../runtime/package-root.ts';
import { eventually } from '../support/eventually.ts';
import { wavFile } from './wav-file.ts';

const SHARED_DATA = join(packageRoot(), '..', 'shared', 'data');

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fedshell-recordings-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a recording and returns its sha256. */
function record(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return createHash('sha256').update(content).digest('hex');
}

function writeManifest(...lines: string[]): void {
  writeFileSync(join(folder, 'manifest.csv'), `${lines.join('\n')}\n`);
}

async function segmentsOf(from?: number): Promise<Segment[]> {
  const { groups } = await readManifest(folder);
  const segments: Segment[] = [];
  for await (const segment of readSegments(groups[0]?.rows ?? [], from)) segments.push(segment);
  return segments;
}

async function faultOf(
  reading: Promise<unknown>,
): Promise<{ code: string; path?: string; line?: number; message?: string }> {
  const failure = await reading.catch((thrown: unknown) => thrown);
  if (!(failure instanceof CodedError)) throw new Error('expected a CodedError');
  return { code: failure.code, ...failure.faults[0] };
}

/** Collects what a connector delivers. */
function collect(connector: Connector): {
  samples: Sample[];
  states: ConnectorState[];
  open(): Promise<void>;
} {
  const samples: Sample[] = [];
  const states: ConnectorState[] = [];
  const open = () =>
    connector.open({
      receive: (delivered) => samples.push(...delivered),
      gap: () => undefined,
      state: (state) => states.push(state),
      resumePoints: () => new Map(),
    });
  return { samples, states, open };
}

describe('readSegments', () => {
  it('reads columns and parts of a CSV file in the order of the manifest', async () => {
    const sha256 = record('a.csv', 'x,y\n1,10\n2,20\n3,30\n4,40\n');
    const columns = 'file,client,label,split,sha256,column,first_row,rows,load_pct,rpm,operator';
    writeManifest(
      columns,
      `a.csv,m,good,train,${sha256},y,0,2,10,1500,Eve`,
      `a.csv,m,worn,test,${sha256},x,1,3,20,1510,Eve`,
    );

    const segments = await segmentsOf();

    expect(segments.map(({ segment, label, lot, samples }) => [segment, label, lot, [...samples]])).toEqual([
      [1, 'good', 'train', [10, 20]],
      [2, 'worn', 'test', [2, 3, 4]],
    ]);
    expect(segments[0]?.context.get('load')).toBe(10);
    expect(segments[1]?.context.get('speed')).toBe(1510);
    expect(segments[1]?.context.get('operator')).toBe('Eve');
  });

  it('takes a file that is shorter than its first row as an excerpt of the recording', async () => {
    const sha256 = record('a.csv', 'x\n7\n8\n');
    writeManifest('file,client,label,split,sha256,first_row,rows', `a.csv,m,good,train,${sha256},16000,2`);

    expect((await segmentsOf()).map(({ samples }) => [...samples])).toEqual([[7, 8]]);
  });

  it('takes the only column of numbers of a file, with or without a header', async () => {
    const named = record('named.csv', 'time;value\r\n2020-01-01;0.5\r\n2020-01-02;-1e-3\r\n');
    const bare = record('bare.csv', '1\n2\n3');
    writeManifest(
      'file,client,label,split,sha256',
      `named.csv,m,good,train,${named}`,
      `bare.csv,m,good,train,${bare}`,
    );

    const segments = await segmentsOf();

    expect(segments.map(({ samples }) => [...samples])).toEqual([
      [0.5, Math.fround(-1e-3)],
      [1, 2, 3],
    ]);
  });

  it('reads WAV files with their sampling rate, and begins at any segment', async () => {
    const bytes = wavFile({ format: 1, bits: 16, sampleRateHz: 8000, channels: [[0.5, -0.5]] });
    const [a, b] = [record('a.wav', bytes), record('b.wav', bytes)];
    writeManifest('file,client,label,split,sha256', `a.wav,m,x,train,${a}`, `b.wav,m,y,test,${b}`);

    const segments = await segmentsOf(2);

    expect(segments).toHaveLength(1);
    expect(segments[0]).toMatchObject({ segment: 2, label: 'y', lot: 'test', sampleRateHz: 8000 });
    expect([...(segments[0]?.samples ?? [])]).toEqual([0.5, -0.5]);
  });

  it('says where a recording is wrong', async () => {
    const header = 'file,client,label,split,sha256';
    const text = record('text.csv', 'x\n1\ntwo\n');
    writeManifest(header, `text.csv,m,good,train,${text}`);
    expect(await faultOf(segmentsOf())).toMatchObject({ code: 'E_INVALID_RECORDING', line: 3 });

    writeManifest(header, `text.csv,m,good,train,${'0'.repeat(64)}`);
    expect(await faultOf(segmentsOf())).toMatchObject({
      code: 'E_INVALID_RECORDING',
      path: 'text.csv',
      line: 2,
    });

    const table = record('table.csv', 'x,y\n1,2\n');
    writeManifest(header, `table.csv,m,good,train,${table}`);
    expect((await faultOf(segmentsOf())).message).toMatch('has 2 columns of numbers (x, y)');

    const other = record('other.txt', '1 2 3');
    writeManifest(header, `other.txt,m,good,train,${other}`);
    expect((await faultOf(segmentsOf())).message).toMatch('.csv, .wav, .npy');

    const short = record('short.csv', 'x\n1\n2\n');
    writeManifest(`${header},first_row,rows`, `short.csv,m,good,train,${short},0,5`);
    expect((await faultOf(segmentsOf())).message).toMatch('ends after 2 rows');
  });
});

describe('createFolderConnector', () => {
  const signals = ['vibration', 'condition', 'lot', 'block', 'segment', 'load', 'finished'];

  function writeTwoSegments(): void {
    const long = record('long.csv', `x\n${Array.from({ length: 1500 }, (_, index) => index).join('\n')}\n`);
    const short = record('short.csv', 'x\n1\n2\n');
    writeManifest(
      'file,client,label,split,sha256,load_hp,sample_rate',
      `long.csv,m 1,good,train,${long},1,10000`,
      `short.csv,m 1,worn,test,${short},2,10000`,
    );
  }

  it('delivers blocks with their context first, as a machine would, and ends with finished', async () => {
    writeTwoSegments();
    const { samples, states, open } = collect(
      createFolderConnector({ path: folder, value: 'm 1' }, { signals }),
    );

    await open();
    await eventually(() => samples.at(-1)?.signal === 'finished');

    const blocks = samples.filter(({ signal }) => signal === 'vibration');
    expect(blocks.map(({ value }) => (value instanceof Float32Array ? value.length : 0))).toEqual([
      1024, 476, 2,
    ]);
    expect(blocks.map(({ sourceTimestampMs }) => sourceTimestampMs - FIRST_POSITION.timeMs)).toEqual([
      0, 102, 150,
    ]);
    const beforeLast = samples.slice(-7, -1);
    expect(beforeLast.map(({ signal }) => signal).at(-1)).toBe('vibration');
    expect(Object.fromEntries(beforeLast.slice(0, -1).map(({ signal, value }) => [signal, value]))).toEqual({
      condition: 'worn',
      lot: 'test',
      block: 3,
      segment: 2,
      load: 2,
    });
    expect(new Set(beforeLast.map(({ sourceTimestampMs }) => sourceTimestampMs)).size).toBe(1);
    expect(samples.at(-1)).toMatchObject({ signal: 'finished', value: true });
    expect(states).toEqual([{ state: 'connected' }]);
  });

  it('refuses a signal or a group that the folder does not have', async () => {
    writeTwoSegments();
    const open = (source: FolderSource, names: string[]) =>
      collect(createFolderConnector(source, { signals: names })).open();

    expect(await faultOf(open({ path: folder }, ['vibration', 'torque']))).toMatchObject({
      code: 'E_INVALID_INPUT',
      path: 'torque',
    });
    expect((await faultOf(open({ path: folder, value: 'm 2' }, signals))).code).toBe('E_INVALID_INPUT');
    expect((await faultOf(open({ path: folder, group: 'sensor' }, signals))).code).toBe('E_INVALID_MANIFEST');
  });

  it('says that it is degraded, and why, when a recording turns out to be wrong', async () => {
    const text = record('text.csv', 'x\n1\ntwo\n');
    writeManifest('file,client,label,split,sha256', `text.csv,m,good,train,${text}`);
    const { samples, states, open } = collect(createFolderConnector({ path: folder }, { signals }));

    await open();
    const last = await eventually(() => states.find(({ state }) => state === 'degraded'));

    expect(last.reason).toMatch(/^E_INVALID_RECORDING.*\n.*line 3/);
    expect(samples).toEqual([]);
  });
});

const gearbox = join(SHARED_DATA, 'gearbox-4pos');
const describeGearbox = existsSync(gearbox) ? describe : describe.skip;
describeGearbox('the gearbox recordings of ../shared/data', () => {
  it('are four machines by column, each with 24,000 rows of each of 16 recordings', async () => {
    const { groups, labels } = await readManifest(gearbox, { group: 'column' });
    let samples = 0;
    for await (const segment of readSegments(groups[0]?.rows ?? [])) samples += segment.samples.length;

    expect(groups.map(({ id }) => id)).toEqual(['a1', 'a2', 'a3', 'a4']);
    expect(labels).toEqual(['broken_tooth', 'healthy']);
    expect(samples).toBe(16 * 24_000);
  });
});

const bearings = join(SHARED_DATA, 'cwru-bearing');
const describeBearings = existsSync(bearings) ? describe : describe.skip;
describeBearings('the bearing recordings of ../shared/data', () => {
  it('are nine machines with clips of 6,000 samples at 12 kHz', async () => {
    const { groups } = await readManifest(bearings);
    const lengths = new Set<string>();
    for await (const { samples, sampleRateHz } of readSegments(groups[0]?.rows ?? [])) {
      lengths.add(`${samples.length} at ${sampleRateHz}`);
    }

    expect(groups).toHaveLength(9);
    expect([...lengths]).toEqual(['6000 at 12000']);
  });
});
