import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { encodeIdentifier } from '../../aas/identifier-encoding.ts';
import { openDatabase } from '../../runtime/database.ts';
import { CodedError } from '../../runtime/errors.ts';
import { entryPoint } from '../../runtime/package-root.ts';
import { note, printFigure } from '../support/figure.ts';
import { throughputOf } from './latencies.ts';
import { LoadGenerator } from './load-generator.ts';
import type { LoadResult, LoadTask, WrittenValue } from './load-messages.ts';
import { MeasuredEnvironment, portOf } from './measured-environment.ts';
import { elementName, sampleSubmodel, valuePath } from './sample-submodels.ts';

export const SUBMODELS = 100;
export const ELEMENTS = 1000;
export const CONNECTIONS = 16;
const ROUNDS = 5;
const SEGMENT_MS = 4000;
const WARM_UP_MS = 3000;

type Method = LoadTask['method'];
type Side = 'environment' | 'bare';

export const submodelId = (index: number): string => `urn:bench:submodel:${index}`;

/** Fills the environment with the 100 submodels of 1,000 elements that are read and written. */
export async function putSampleSubmodels(environment: MeasuredEnvironment): Promise<void> {
  for (let index = 0; index < SUBMODELS; index++) {
    const submodel = sampleSubmodel(submodelId(index), ELEMENTS);
    await environment.request('PUT', `/submodels/${encodeIdentifier(submodelId(index))}`, submodel);
  }
}

export async function removeSampleSubmodels(environment: MeasuredEnvironment): Promise<void> {
  for (let index = 0; index < SUBMODELS; index++)
    await environment.request('DELETE', `/submodels/${encodeIdentifier(submodelId(index))}`);
}

/**
 * GET and PATCH `$value` of an element drawn at random, beside a bare server in turns on the same disk; then a kill -9
 * in the middle of PATCHes, after which every value that was answered for must be there.
 * @param folder where the environment's state lies.
 * @returns the environment, started again.
 */
export async function measureGetAndPatch(
  environment: MeasuredEnvironment,
  folder: string,
): Promise<MeasuredEnvironment> {
  const bare = await startBareServer(join(folder, '..'));
  const generators = { environment: new LoadGenerator(), bare: new LoadGenerator() };
  try {
    const run = (side: Side, method: Method, durationMs: number) =>
      generators[side].load({
        port: side === 'bare' ? bare.port : environment.port,
        headers: environment.headerLines,
        paths: allPaths(),
        method,
        connections: CONNECTIONS,
        durationMs,
      });
    await inTurns(run);
    const killed = run('environment', 'PATCH', SEGMENT_MS * 4);
    await wait(SEGMENT_MS);
    await environment.kill9();
    await killed;
    const again = await MeasuredEnvironment.start(folder);
    await checkWritten(again, await generators.environment.written());
    return again;
  } finally {
    bare.child.kill();
    await Promise.all(Object.values(generators).map((generator) => generator.end()));
  }
}

async function inTurns(
  run: (side: Side, method: Method, durationMs: number) => Promise<LoadResult>,
): Promise<void> {
  const sides = ['environment', 'bare'] as const;
  const methods = ['GET', 'PATCH'] as const;
  for (const method of methods) for (const side of sides) await run(side, method, WARM_UP_MS);
  const results = {
    environment: { GET: [] as LoadResult[], PATCH: [] as LoadResult[] },
    bare: { GET: [] as LoadResult[], PATCH: [] as LoadResult[] },
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (const method of methods) {
      for (const side of round % 2 === 0 ? sides : [...sides].reverse()) {
        const result = await run(side, method, SEGMENT_MS);
        if (result.refused > 0 || result.unanswered > 0) {
          throw new CodedError('E_RUN_FAILED', `${side}: ${result.refused} of ${method} were refused`);
        }
        results[side][method].push(result);
      }
    }
  }
  const conditions = { connections: CONNECTIONS, submodels: SUBMODELS, elements: ELEMENTS };
  for (const method of methods) {
    const ours = throughputOf(results.environment[method]);
    const bares = throughputOf(results.bare[method]);
    const name = `aas/${method.toLowerCase()}-value`;
    const settings = { ...conditions, requests: ours.requests, bare: Math.round(bares.perSecond) };
    printFigure({ name: `${name}-ratio`, value: ours.perSecond / bares.perSecond, unit: '', ...settings });
    printFigure({ name, value: ours.perSecond, unit: 'requests/s', ...settings });
    const p99 = { ...conditions, bareMs: Number(bares.p99Ms.toPrecision(4)) };
    printFigure({ name: `${name}-p99-ratio`, value: ours.p99Ms / bares.p99Ms, unit: '', ...p99 });
    printFigure({ name: `${name}-p99`, value: ours.p99Ms, unit: 'ms', ...p99 });
  }
}

/** @throws CodedError `E_RUN_FAILED` if a value that was answered for is not there. */
async function checkWritten(
  environment: MeasuredEnvironment,
  written: readonly WrittenValue[],
): Promise<void> {
  const stored = new Map<string, unknown>();
  for (let index = 0; index < SUBMODELS; index++) {
    const path = `/submodels/${encodeIdentifier(submodelId(index))}/$value`;
    const values = await environment.request<Record<string, unknown>>('GET', path);
    for (const [idShort, value] of Object.entries(values))
      stored.set(valuePath(submodelId(index), idShort), value);
  }
  const lost = written.filter(({ path, answered, onTheWay }) => {
    const value = stored.get(path);
    return value !== answered && value !== onTheWay && answered !== undefined;
  });
  note(`aas: after kill -9 ${written.length} written elements read back, ${lost.length} lost`);
  printFigure({ name: 'aas/patch-lost-after-kill', value: lost.length, unit: '', elements: written.length });
  if (lost.length > 0) throw new CodedError('E_RUN_FAILED', `lost: ${JSON.stringify(lost.slice(0, 5))}`);
}

/** The bare server on a database with the same elements, in the same folder. */
async function startBareServer(folder: string): Promise<{ child: ChildProcess; port: number }> {
  const file = join(folder, 'bare.db');
  const child = spawn(process.execPath, [entryPoint('bench/aas/bare-server'), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await portOf(child);
  const database = openDatabase(file, []);
  const insert = database.prepare<unknown[]>('INSERT INTO elements VALUES (?, ?, ?)');
  database.transaction(() => {
    for (let index = 0; index < SUBMODELS; index++)
      for (let element = 0; element < ELEMENTS; element++)
        insert.run(encodeIdentifier(submodelId(index)), elementName(element), String(element));
  })();
  database.close();
  return { child, port };
}

export function allPaths(): string[] {
  return Array.from({ length: SUBMODELS * ELEMENTS }, (_, index) =>
    valuePath(submodelId(index % SUBMODELS), elementName(Math.floor(index / SUBMODELS))),
  );
}
