import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { demosSyntheticSpeakers } from './speakers.ts';
import { SAMPLE_RATE_HZ } from './speech.ts';

/** The codes of emotions in the names of the corpus. */
const CODES: Readonly<Record<string, string>> = {
  anger: 'rab',
  disgust: 'dis',
  fear: 'pau',
  guilt: 'col',
  happiness: 'gio',
  sadness: 'tri',
  surprise: 'sor',
};

interface SyntheticOptions {
  readonly speakers: number;
  readonly seed: number;
  /** Clips of a speaker, the first ones. @defaultValue all */
  readonly most?: number;
}

/** Writes the clips as wav files with names as in DEMoS, and their manifest.csv. The same seed gives the same bytes. */
export async function writeDemosSynthetic(
  folder: string,
  { speakers, seed, most = Number.POSITIVE_INFINITY }: SyntheticOptions,
): Promise<void> {
  const lines = ['file,client,label,split,sha256,sample_rate,samples,sex'];
  for (const { id, sex, segments } of demosSyntheticSpeakers(seed, speakers)) {
    await mkdir(join(folder, 'wav', id), { recursive: true });
    for (const { segment, label, lot, samples } of segments(1)) {
      if (segment > most) break;
      const file = `wav/${id}/NP_${sex}_${id.slice('speaker-'.length)}_${CODES[label]}${segment}.wav`;
      const bytes = wavOf(samples);
      await writeFile(join(folder, file), bytes);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      lines.push([file, id, label, lot, sha256, SAMPLE_RATE_HZ, samples.length, sex].join(','));
    }
  }
  await writeFile(join(folder, 'manifest.csv'), `${lines.join('\n')}\n`);
}

const HEADER_BYTES = 44;

/** RIFF WAVE, one channel of 16 bit integers. */
function wavOf(samples: Float32Array): Uint8Array {
  const bytes = Buffer.alloc(HEADER_BYTES + 2 * samples.length);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(SAMPLE_RATE_HZ, 24);
  bytes.writeUInt32LE(2 * SAMPLE_RATE_HZ, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(2 * samples.length, 40);
  for (let index = 0; index < samples.length; index++) {
    const scaled = Math.round(samples[index]! * 0x8000);
    bytes.writeInt16LE(Math.min(0x7fff, Math.max(-0x8000, scaled)), HEADER_BYTES + 2 * index);
  }
  return bytes;
}
