import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../runtime/errors.ts';
import { note, printFigure } from '../support/figure.ts';
import type { Spool } from './spool.ts';

/** Flower's own weighted mean of arrays that are in memory already, best of three; the mean is written for comparison. */
const SCRIPT = `
import json, sys, time, resource
import numpy as np, flwr
from flwr.server.strategy.aggregate import aggregate
task = json.load(sys.stdin)
results = [([np.fromfile(path, dtype='<f4')], factor) for path, factor in zip(task['paths'], task['factors'])]
best = float('inf')
for _ in range(3):
    start = time.perf_counter()
    mean = aggregate(results)[0]
    best = min(best, time.perf_counter() - start)
mean.astype('<f4').tofile(task['output'])
print(json.dumps({'seconds': best, 'version': flwr.__version__, 'rssKiB': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
`;

/**
 * Measures flwr beside us on the same updates, where `PEER_PYTHON` can import it.
 * @param mean the float32 mean that we computed.
 * @throws CodedError `E_PROCESS_FAILED` if the means differ by more than 1e-6.
 */
export function measurePeer(
  folder: string,
  spool: Spool,
  ourGigabytesPerSecond: number,
  mean: Float32Array,
): void {
  const python = process.env['PEER_PYTHON'];
  if (python === undefined) {
    note('aggregation: PEER_PYTHON is not set, no peer');
    return;
  }
  const output = join(folder, 'peer-mean');
  const task = { paths: spool.files.map(({ path }) => path), factors: spool.factors, output };
  const { status, stdout, stderr } = spawnSync(python, ['-c', SCRIPT], {
    input: JSON.stringify(task),
    encoding: 'utf8',
  });
  if (status !== 0) {
    note(`aggregation: the peer does not run: ${stderr.trim().split('\n').at(-1)}`);
    return;
  }
  // The script printed exactly this.
  const { seconds, version, rssKiB } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as {
    seconds: number;
    version: string;
    rssKiB: number;
  };
  const peerMean = new Float32Array(Uint8Array.from(readFileSync(output)).buffer);
  let difference = 0;
  for (const [index, value] of mean.entries())
    difference = Math.max(difference, Math.abs(value - peerMean[index]!));
  if (!(difference <= 1e-6)) {
    throw new CodedError('E_PROCESS_FAILED', `the peer's mean differs from ours by ${difference}`);
  }
  const peer = spool.floatBytes / seconds / 1e9;
  const name = `aggregation/exact-${spool.name}`;
  const settings = { flwr: version, peerRssMiB: Math.round(rssKiB / 1024), difference };
  printFigure({ name: `${name}/peer`, value: peer, unit: 'GB/s', ...settings });
  printFigure({
    name: `${name}/peer-ratio`,
    value: ourGigabytesPerSecond / peer,
    unit: 'ratio',
    ...settings,
  });
}
