import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CATALOGUE } from '../../cli/data/catalogue.ts';
import { checkFolder } from '../../cli/data/check-folder.ts';
import { parseDemosName } from '../../cli/data/demos-names.ts';
import { downloadSet } from '../../cli/data/download-set.ts';
import { getData, requireEntry } from '../../cli/data/get-data.ts';
import { readTar } from '../../cli/data/read-tar.ts';
import { readManifest } from '../../connectors/recording/manifest.ts';
import { EMOTIONS } from '../../simulator/demos-synthetic/emotions.ts';
import { demosSyntheticSpeakers } from '../../simulator/demos-synthetic/speakers.ts';
import { wavFile } from '../connectors/wav-file.ts';
import { runFedshell } from '../support/run-fedshell.ts';

const SHARED_DATA = join(__dirname, '../../../shared/data');

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fedshell-data-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function record(file: string, samples: readonly number[] = [0.5, 0.25, -0.5]): void {
  mkdirSync(join(folder, file, '..'), { recursive: true });
  writeFileSync(
    join(folder, file),
    wavFile({ format: 1, bits: 16, sampleRateHz: 16_000, channels: [samples] }),
  );
}

function tar(members: Readonly<Record<string, Uint8Array>>): Buffer {
  const parts = Object.entries(members).flatMap(([path, bytes]) => {
    const header = Buffer.alloc(512);
    header.write(path.slice(0, 100));
    header.write('0000644\0', 100);
    header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('        0ustar', 148);
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

const options = () => ({
  output: join(folder, 'out'),
  acceptLicence: true,
  seed: 1,
  say: () => undefined,
});

describe('data check', () => {
  it('writes the manifest of folders by participant and label, with a fifth for tests', async () => {
    for (const client of ['a', 'b']) {
      for (let take = 0; take < 10; take++) record(`${client}/good/${take}.wav`);
    }

    const report = await checkFolder(folder);

    expect(report).toMatchObject({
      manifest: 'written',
      layout: 'client/label',
      faults: [],
      sampleRatesHz: [16_000],
    });
    const { groups } = await readManifest(folder);
    expect(
      groups.map(({ id, rows }) => [id, rows.length, rows.filter(({ lot }) => lot === 'test').length]),
    ).toEqual([
      ['a', 10, 2],
      ['b', 10, 2],
    ]);
    expect(groups[0]?.rows[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect((await checkFolder(folder)).manifest).toBe('found');
  });

  it('names every recording that cannot be used and writes no manifest, unless they may be left out', async () => {
    record('good/1.wav');
    record('bad/empty.wav', []);
    writeFileSync(join(folder, 'bad/text.wav'), 'no recording');
    writeFileSync(join(folder, 'bad/column.csv'), 'x\n1\n2\nthree\n');

    const report = await checkFolder(folder);
    const lenient = await checkFolder(folder, { leaveOutFaulty: true });

    expect(report.manifest).toBe('not-written');
    expect(report.faults).toEqual([
      { path: join(folder, 'bad/column.csv'), line: 4, message: 'field 1 is not a number' },
      { path: 'bad/empty.wav', message: expect.stringContaining('no samples') },
      { path: 'bad/text.wav', message: expect.stringContaining('not a RIFF WAVE file') },
    ]);
    expect(lenient.manifest).toBe('written');
    expect((await readManifest(folder)).groups[0]?.rows.map(({ file }) => file)).toEqual(['good/1.wav']);
  });

  it('says line and file of what a manifest promises and the file does not keep', async () => {
    record('1.wav');
    writeFileSync(
      join(folder, 'manifest.csv'),
      `file,client,label,split,sha256\n1.wav,a,good,train,${'0'.repeat(64)}\n`,
    );

    const { faults } = await checkFolder(folder);

    expect(faults).toEqual([
      { path: '1.wav', line: 2, message: expect.stringContaining('the manifest says 000') },
    ]);
  });

  it('does not guess what folders mean', async () => {
    record('loose.wav');

    await expect(checkFolder(folder)).rejects.toMatchObject({ code: 'E_NO_MANIFEST' });
  });
});

describe('names of DEMoS', () => {
  it.each([
    ['PR_f_07_rab12.wav', { prototypical: true, sex: 'f', speaker: '07', emotion: 'anger' }],
    ['NP_m_65_colp3.wav', { prototypical: false, sex: 'm', speaker: '65', emotion: 'guilt' }],
    ['NEU_f_01_neu01.wav', { prototypical: false, sex: 'f', speaker: '01', emotion: 'neutral' }],
  ])('tell what %s is', (name, expected) => {
    expect(parseDemosName(name)).toEqual(expected);
  });

  it('of another form are none', () => {
    expect(['PR_x_07_rab12.wav', 'PR_f_07_xyz1.wav', 'rab.wav'].map(parseDemosName)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('make a participant of each speaker and drop neutral', async () => {
    const from = join(folder, 'unpacked');
    for (const name of [
      'DEMOS/PR_f_01_rab1',
      'DEMOS/NP_f_01_sor2',
      'DEMOS/NP_m_02_tri1',
      'NEU/NEU_m_02_neu1',
    ]) {
      record(`unpacked/wav_DEMoS/${name}.wav`);
    }

    await getData(requireEntry('demos'), { ...options(), from });

    const { groups, labels } = await readManifest(join(folder, 'out'));
    expect(groups.map(({ id, rows }) => [id, rows.length])).toEqual([
      ['speaker-01', 2],
      ['speaker-02', 1],
    ]);
    expect(labels).toEqual(['anger', 'sadness', 'surprise']);
  });
});

describe('data get', () => {
  it('shows the licence and takes nothing before it is accepted', async () => {
    const said: string[] = [];
    const entry = requireEntry('fsdd');

    const asked = getData(entry, { ...options(), acceptLicence: false, say: (line) => said.push(line) });

    await expect(asked).rejects.toMatchObject({ code: 'E_LICENCE_NOT_ACCEPTED' });
    expect(said.join()).toContain('CC BY-SA 4.0');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('names what is known', () => {
    expect(() => requireEntry('demo')).toThrow('speech-commands-68');
  });

  it('generates the stand-in for DEMoS, unequal speakers with all emotions, the same again', async () => {
    const entry = requireEntry('demos-synthetic');
    await getData(entry, { ...options(), participants: 2, recordings: 25 });
    await getData(entry, { ...options(), output: join(folder, 'again'), participants: 1, recordings: 5 });

    const { groups, labels } = await readManifest(join(folder, 'out'));
    const again = await readManifest(join(folder, 'again'));
    expect(labels).toEqual([...EMOTIONS].sort());
    const hashes = groups[0]?.rows.map(({ sha256 }) => sha256) ?? [];
    expect(again.groups[0]?.rows.map(({ sha256 }) => sha256)).toEqual(hashes.slice(0, 5));
    expect(new Set(hashes).size).toBe(25);
    const clips = demosSyntheticSpeakers(1).map((speaker) => speaker.clips);
    expect([clips.length, new Set(clips).size > 20]).toEqual([68, true]);
    for (const { rows } of groups) {
      const samples = rows.map(({ values }) => Number(values.get('samples')));
      expect(Math.max(...samples)).toBeLessThanOrEqual(95_744);
      expect(Math.min(...samples)).toBeGreaterThan(512);
      expect(rows.some(({ lot }) => lot === 'test')).toBe(true);
    }
    expect(await getData(entry, options())).toBe('there');
  });

  it('leaves nothing behind where it fails', async () => {
    const entry = requireEntry('fsdd');

    await expect(getData(entry, { ...options(), from: join(folder, 'nowhere') })).rejects.toMatchObject({
      code: 'E_NO_MANIFEST',
    });

    expect(readdirSync(folder)).toEqual([]);
  });

  describe('from an archive', () => {
    let server: Server;
    let archive: Buffer;
    const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/archive.tar.gz`;

    beforeEach(async () => {
      server = createServer((request, response) => {
        response.statusCode = request.url === '/archive.tar.gz' ? 200 : 404;
        response.end(response.statusCode === 200 ? archive : '');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    });

    afterEach(async () => {
      await new Promise((resolve) => server.close(resolve));
    });

    const file = {
      member: 'words/1.wav',
      file: 'wav/1.wav',
      client: 'a',
      label: 'yes',
      split: 'train',
      columns: {},
    };
    const source = { url: '', files: () => [file] };
    const hash = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
    const manifest = `file,client,label,split,sha256\nwav/1.wav,a,yes,train,${hash(Buffer.from('sound'))}\n`;
    const download = (sha256: string) =>
      downloadSet({ source, sha256 }, folder, { url: url(), progress: () => undefined });

    it('unpacks what is chosen and writes its manifest', async () => {
      archive = gzipSync(
        tar({ 'set-1/words/1.wav': Buffer.from('sound'), 'set-1/words/2.wav': Buffer.from('more') }),
      );

      await download(hash(manifest));

      expect(readFileSync(join(folder, 'manifest.csv'), 'utf8')).toBe(manifest);
      expect(readdirSync(join(folder, 'wav'))).toEqual(['1.wav']);
    });

    it('refuses other bytes, missing files, damaged archives and none at all', async () => {
      archive = gzipSync(tar({ 'words/1.wav': Buffer.from('other') }));
      await expect(download(hash(manifest))).rejects.toMatchObject({ code: 'E_HASH_MISMATCH' });
      archive = gzipSync(tar({ 'words/2.wav': Buffer.from('sound') }));
      await expect(download(hash(manifest))).rejects.toMatchObject({ code: 'E_HASH_MISMATCH' });
      archive = gzipSync(tar({ 'words/1.wav': Buffer.from('sound') })).subarray(0, 60);
      await expect(download(hash(manifest))).rejects.toMatchObject({ code: 'E_DOWNLOAD_FAILED' });
      await expect(
        downloadSet({ source, sha256: '' }, folder, { url: `${url()}/none`, progress: () => undefined }),
      ).rejects.toMatchObject({ code: 'E_DOWNLOAD_FAILED' });
    });

    const packs = ['speech-commands-68', 'fsdd'].filter((name) => existsSync(join(SHARED_DATA, name)));
    const itPacks = packs.length > 0 ? it.each(packs) : it.skip.each(['the packs of ../shared/data']);
    itPacks('makes of the files of %s the same set as the pack, and takes the pack itself', async (name) => {
      const entry = requireEntry(name);
      if (entry.access.kind !== 'download') throw new RangeError('no download');
      const members = entry.access.source.files().map(({ member, file }) => {
        return [`./${member}`, readFileSync(join(SHARED_DATA, name, file))] as const;
      });
      archive = gzipSync(tar(Object.fromEntries(members)), { level: 1 });

      await getData(entry, { ...options(), url: url() });
      await getData(entry, { ...options(), output: join(folder, 'taken'), from: join(SHARED_DATA, name) });

      const original = readFileSync(join(SHARED_DATA, name, 'manifest.csv'), 'utf8');
      for (const made of ['out', 'taken']) {
        expect(readFileSync(join(folder, made, 'manifest.csv'), 'utf8')).toBe(original);
        expect((await readManifest(join(folder, made))).groups).toHaveLength(entry.participants);
      }
    });
  });

  it('is listed with the sha256 of every set that has one', async () => {
    const { stdout } = await runFedshell(['data', 'list']);

    for (const { sha256 = '' } of CATALOGUE) expect(stdout).toContain(sha256);
  });

  it('has entries with licence, size and source, each sha256 once', () => {
    const hashes = CATALOGUE.flatMap(({ sha256 }) => (sha256 === undefined ? [] : [sha256]));

    expect(new Set(hashes).size).toBe(hashes.length);
    for (const { name, licence, bytes, access, sha256 } of CATALOGUE) {
      expect([name, licence.terms.length > 20, bytes !== undefined || access.kind === 'agreement']).toEqual([
        name,
        true,
        true,
      ]);
      expect(sha256 !== undefined || access.kind === 'agreement' || access.kind === 'generated').toBe(true);
    }
  });
});

describe('readTar', () => {
  async function* pieces(bytes: Uint8Array, size: number) {
    for (let begin = 0; begin < bytes.length; begin += size) yield bytes.subarray(begin, begin + size);
  }

  it.each([1, 100, 4096])('reads the files however the bytes are cut, here %d at a time', async (size) => {
    const archive = tar({
      'a.txt': Buffer.from('first'),
      'b/c.txt': Buffer.alloc(700, 1),
      'd.txt': Buffer.alloc(0),
    });
    const members: [string, number][] = [];

    for await (const { path, bytes } of readTar(pieces(archive, size), () => true))
      members.push([path, bytes.length]);

    expect(members).toEqual([
      ['a.txt', 5],
      ['b/c.txt', 700],
      ['d.txt', 0],
    ]);
  });

  it('refuses a damaged header', async () => {
    const archive = tar({ 'a.txt': Buffer.from('first') });
    archive[3] = 0;

    await expect(readTar(pieces(archive, 512), () => true).next()).rejects.toThrow('damaged');
  });
});
