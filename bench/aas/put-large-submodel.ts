import { encodeIdentifier } from '../../aas/identifier-encoding.ts';
import { median, printFigure } from '../support/figure.ts';
import type { MeasuredEnvironment } from './measured-environment.ts';
import { sampleSubmodel } from './sample-submodels.ts';

const ELEMENTS = 10_000;
const ROUNDS = 7;

/** PUT of a submodel with 10,000 elements: the slower of making a new one and of writing over one with all values changed. */
export async function measurePutLargeSubmodel(environment: MeasuredEnvironment): Promise<void> {
  const times = { created: [] as number[], replaced: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    const id = `urn:bench:large:${round}`;
    const path = `/submodels/${encodeIdentifier(id)}`;
    for (const [kind, firstValue] of [
      ['created', 0],
      ['replaced', 1_000_000],
    ] as const) {
      const body = JSON.stringify(sampleSubmodel(id, ELEMENTS, firstValue));
      const startedMs = performance.now();
      await environment.request('PUT', path, body);
      times[kind].push(performance.now() - startedMs);
    }
    await environment.request('DELETE', path);
  }
  const createdMs = median(times.created);
  const replacedMs = median(times.replaced);
  printFigure({
    name: 'aas/put-10000',
    value: Math.max(createdMs, replacedMs),
    unit: 'ms',
    createdMs: Math.round(createdMs),
    replacedMs: Math.round(replacedMs),
    elements: ELEMENTS,
    rounds: ROUNDS,
  });
}
