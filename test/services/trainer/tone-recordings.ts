import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toneBlock } from './arrivals.ts';

/** Writes a folder of recordings: per client two tones, each with a train and a test recording of `samples` samples. */
export function writeToneRecordings(folder: string, clients: readonly string[], samples: number): void {
  mkdirSync(folder, { recursive: true });
  const rows = ['file,client,label,split,sha256,column'];
  let index = 0;
  for (const client of clients) {
    for (const label of ['healthy', 'worn']) {
      for (const split of ['train', 'test']) {
        const file = `${client}-${label}-${split}.csv`;
        const text = ['x', ...toneBlock(label, index++, samples)].join('\n');
        writeFileSync(join(folder, file), `${text}\n`);
        rows.push(
          `${file},${client},${label},${split},${createHash('sha256').update(`${text}\n`).digest('hex')},x`,
        );
      }
    }
  }
  writeFileSync(join(folder, 'manifest.csv'), `${rows.join('\n')}\n`);
}
