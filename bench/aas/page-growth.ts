import { encodeIdentifier } from '../../aas/identifier-encoding.ts';
import type { JsonObject } from '../../aas/model.ts';
import { median, note, printFigure } from '../support/figure.ts';
import type { MeasuredEnvironment } from './measured-environment.ts';

const FEW = 100;
const MANY = 100_000;
const PAGE = 5;
/** Requests of each page at each size; the median counts. */
const REPEATS = 200;
/** One in so many has the idShort, the meaning or the asset that a filtered list asks for. */
const KINDS = 10;
const WRITERS = 16;

const meaning = (kind: number): JsonObject => ({
  type: 'ExternalReference',
  keys: [{ type: 'GlobalReference', value: `urn:bench:meaning:${kind}` }],
});

const smallSubmodel = (index: number): JsonObject => ({
  modelType: 'Submodel',
  id: `urn:bench:page:submodel:${index}`,
  idShort: `Kind${index % KINDS}`,
  semanticId: meaning(index % KINDS),
  submodelElements: ['Temperature', 'Pressure', 'Speed'].map((idShort) => ({
    modelType: 'Property',
    idShort,
    valueType: 'xs:double',
    value: String(index),
  })),
});

const smallShell = (index: number): JsonObject => ({
  modelType: 'AssetAdministrationShell',
  id: `urn:bench:page:shell:${index}`,
  assetInformation: {
    assetKind: 'Instance',
    globalAssetId: `urn:bench:page:asset:${index}`,
    specificAssetIds: [{ name: 'kind', value: `kind-${index % KINDS}` }],
  },
});

const base64url = (value: unknown): string => encodeIdentifier(JSON.stringify(value));

/** The lists whose pages are measured, all of 5 entries. */
const LISTS: Readonly<Record<string, string>> = {
  submodels: '/submodels?',
  byIdShort: '/submodels?idShort=Kind3&',
  bySemanticId: `/submodels?semanticId=${base64url(meaning(3))}&`,
  shellsByAssetIds: `/shells?assetIds=${base64url({ name: 'kind', value: 'kind-3' })}&`,
};

/**
 * How much longer a page of 5 takes among 100,000 submodels and shells than among 100: the worst of the first, middle
 * and last page of each list.
 * @param few an environment without submodels of its own yet, as `many` is.
 */
export async function measurePageGrowth(few: MeasuredEnvironment, many: MeasuredEnvironment): Promise<void> {
  await fill(few, FEW);
  note(`aas: ${MANY} submodels and shells are put`);
  await fill(many, MANY);
  let worst = { ratio: 0, page: '' };
  const ratios: Record<string, number> = {};
  for (const [name, list] of Object.entries(LISTS)) {
    const pages = {
      few: await threePages(few, list),
      many: await threePages(many, list),
    };
    for (const place of ['first', 'middle', 'last'] as const) {
      const times = await inTurns([few, pages.few[place]], [many, pages.many[place]]);
      const ratio = times.many / times.few;
      ratios[`${name}/${place}`] = Number(ratio.toPrecision(3));
      note(`aas: ${name}, ${place} page: ${times.few.toFixed(3)} and ${times.many.toFixed(3)} ms`);
      if (ratio > worst.ratio) worst = { ratio, page: `${name}/${place}` };
    }
  }
  printFigure({
    name: 'aas/page-growth',
    value: worst.ratio,
    unit: '',
    worst: worst.page,
    few: FEW,
    many: MANY,
    page: PAGE,
    ...ratios,
  });
}

async function fill(environment: MeasuredEnvironment, count: number): Promise<void> {
  let next = 0;
  const writer = async () => {
    for (let index = next++; index < count; index = next++) {
      await environment.request('POST', '/submodels', smallSubmodel(index));
      await environment.request('POST', '/shells', smallShell(index));
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
}

interface PageBody {
  readonly paging_metadata: { readonly cursor?: string };
  readonly result: readonly { readonly id: string }[];
}

/** Paths of the first, a middle and the last page of a list, found by following its cursors. */
async function threePages(
  environment: MeasuredEnvironment,
  list: string,
): Promise<Record<'first' | 'middle' | 'last', string>> {
  const ids = await follow(environment, list);
  const cursorAfter = async (count: number) => {
    let cursor: string | undefined;
    for (let passed = 0; passed < count; ) {
      const limit = Math.min(1000, count - passed);
      const page = await environment.request<PageBody>('GET', pathOf(list, limit, cursor));
      passed += page.result.length;
      cursor = page.paging_metadata.cursor;
    }
    return cursor;
  };
  return {
    first: pathOf(list, PAGE, undefined),
    middle: pathOf(list, PAGE, await cursorAfter(ids >> 1)),
    last: pathOf(list, PAGE, await cursorAfter(ids - PAGE)),
  };
}

/** How many entries a list has, read to its end. */
async function follow(environment: MeasuredEnvironment, list: string): Promise<number> {
  let count = 0;
  let cursor: string | undefined;
  do {
    const page = await environment.request<PageBody>('GET', pathOf(list, 1000, cursor));
    count += page.result.length;
    cursor = page.paging_metadata.cursor;
  } while (cursor !== undefined);
  return count;
}

const pathOf = (list: string, limit: number, cursor: string | undefined): string =>
  `${list}limit=${limit}${cursor === undefined ? '' : `&cursor=${cursor}`}`;

type Asked = readonly [environment: MeasuredEnvironment, path: string];

/** Median times in ms of two requests that take turns, so that what else the machine does falls on both. */
async function inTurns(few: Asked, many: Asked): Promise<{ few: number; many: number }> {
  const times = { few: [] as number[], many: [] as number[] };
  const timed = async ([environment, path]: Asked) => {
    const startedMs = performance.now();
    await environment.request('GET', path);
    return performance.now() - startedMs;
  };
  for (let repeat = -REPEATS / 4; repeat < REPEATS; repeat++) {
    const turn = { few: await timed(few), many: await timed(many) };
    // The first ones warm up.
    if (repeat < 0) continue;
    times.few.push(turn.few);
    times.many.push(turn.many);
  }
  return { few: median(times.few), many: median(times.many) };
}
