import { join } from 'node:path';
import { encodeIdentifier } from '../../aas/identifier-encoding.ts';
import { CodedError } from '../../runtime/errors.ts';
import { note, printFigure } from '../support/figure.ts';
import { findFaaast } from '../support/find-faaast.ts';
import { allPaths, ELEMENTS, SUBMODELS, submodelId } from './get-and-patch.ts';
import { throughputOf } from './latencies.ts';
import { LoadGenerator } from './load-generator.ts';
import type { LoadResult, LoadTask } from './load-messages.ts';
import type { MeasuredEnvironment } from './measured-environment.ts';
import { PEER_PREFIX, type RunningPeer, startPeer } from './running-peer.ts';
import { sampleSubmodel } from './sample-submodels.ts';

const SEGMENT_MS = 8000;
/** FA³ST copies the whole environment for each request: of several at once, each is answered after minutes. */
const CONNECTIONS = 1;
const ROUNDS = 2;

/**
 * GET and PATCH `$value` of FA³ST 1.3.0, everything in its memory, in turns with the environment: the same submodels,
 * the same load. Says why not where Java or Maven are missing.
 */
export async function measurePeer(environment: MeasuredEnvironment, folder: string): Promise<void> {
  const faaast = findFaaast();
  if (!faaast.found) {
    note(`aas: FA³ST is not measured: ${faaast.reason}`);
    return;
  }
  note('aas: FA³ST starts and gets the same submodels');
  const peer = await startPeer(faaast.jar, join(folder, 'faaast'));
  const generator = new LoadGenerator();
  try {
    const idleMB = peer.memoryMB();
    await putSubmodels(peer);
    for (const method of ['GET', 'PATCH'] as const) {
      const results = { ours: [] as LoadResult[], theirs: [] as LoadResult[] };
      for (let round = 0; round < ROUNDS; round++) {
        results.theirs.push(await generator.load(taskFor(peer.port, PEER_PREFIX, '', method)));
        results.ours.push(
          await generator.load(taskFor(environment.port, '', environment.headerLines, method)),
        );
      }
      printRatios(method, results);
    }
    printFigure({ name: 'aas/peer-start', value: peer.startMs / 1000, unit: 's', peer: 'FA³ST 1.3.0' });
    printFigure({ name: 'aas/peer-memory-idle', value: idleMB, unit: 'MB', peer: 'FA³ST 1.3.0' });
    printFigure({ name: 'aas/peer-memory-after', value: peer.memoryMB(), unit: 'MB', peer: 'FA³ST 1.3.0' });
  } finally {
    await generator.end();
    await peer.end();
  }
}

function printRatios(method: LoadTask['method'], { ours, theirs }: Record<'ours' | 'theirs', LoadResult[]>) {
  const own = throughputOf(ours);
  const peer = throughputOf(theirs);
  const refused = theirs.reduce((sum, result) => sum + result.refused + result.unanswered, 0);
  const name = `aas/peer-${method.toLowerCase()}`;
  const settings = { peer: 'FA³ST 1.3.0', connections: CONNECTIONS };
  printFigure({ name: `${name}-ratio`, value: own.perSecond / peer.perSecond, unit: '', ...settings });
  printFigure({
    name,
    value: peer.perSecond,
    unit: 'requests/s',
    p99Ms: Number(peer.p99Ms.toPrecision(4)),
    refused,
    ...settings,
  });
}

function taskFor(port: number, prefix: string, headers: string, method: LoadTask['method']): LoadTask {
  const paths = allPaths().map((path) => `${prefix}${path}`);
  return { port, headers, paths, method, connections: CONNECTIONS, durationMs: SEGMENT_MS };
}

/** @throws CodedError `E_RUN_FAILED` if FA³ST refuses one. */
async function putSubmodels(peer: RunningPeer): Promise<void> {
  for (let index = 0; index < SUBMODELS; index++) {
    const id = submodelId(index);
    const answer = await fetch(`http://127.0.0.1:${peer.port}${PEER_PREFIX}/submodels`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(sampleSubmodel(id, ELEMENTS)),
    });
    if (!answer.ok) {
      const what = `FA³ST answers ${answer.status} to the submodel ${encodeIdentifier(id)}`;
      throw new CodedError('E_RUN_FAILED', `${what}: ${await answer.text()}`);
    }
  }
}
