import { encodeIdentifier } from '../../aas/identifier-encoding.ts';
import {
  integer,
  type RunningEnvironment,
  runEnvironment,
  submodel,
  submodelPath,
} from './running-environment.ts';

const COUNT = 2000;
const reference = (value: string) => ({
  type: 'ExternalReference',
  keys: [{ type: 'GlobalReference', value }],
});

let running: RunningEnvironment;
beforeAll(async () => {
  running = await runEnvironment();
  const submodels = Array.from({ length: COUNT }, (_, index) =>
    submodel(`urn:test:${index}`, [integer('Count', index)], {
      idShort: `Kind${index % 4}`,
      ...(index % 100 === 0 ? { semanticId: reference('urn:rare') } : {}),
      ...(index % 100 === 50 ? { supplementalSemanticIds: [reference('urn:rare')] } : {}),
    }),
  );
  // The builders' types are narrower than what a repository may hold.
  await running.environment.apply({ submodels: submodels as never });
});
afterAll(() => running.stop());

async function readAll(query: string): Promise<{ ids: string[]; pages: number }> {
  const ids: string[] = [];
  for (let cursor = '', pages = 1; ; pages++) {
    const { body } = await running.call('GET', `${query}${cursor === '' ? '' : `&cursor=${cursor}`}`);
    ids.push(...body.result.map((item: { id: string }) => item.id));
    const next: unknown = body.paging_metadata.cursor;
    if (next === undefined) return { ids, pages };
    expect(next).toMatch(/^[\w-]+$/);
    cursor = String(next);
  }
}

describe('a list of 2,000 submodels', () => {
  it('is read page by page, each submodel once and in order', async () => {
    const { ids, pages } = await readAll('/submodels?limit=300&level=core');

    expect(pages).toBe(7);
    expect(ids).toEqual(Array.from({ length: COUNT }, (_, index) => `urn:test:${index}`));
  });

  it('has a default page size, and no cursor where it ends', async () => {
    const first = await running.call('GET', '/submodels');
    const whole = await running.call('GET', '/submodels?limit=500&idShort=Kind3');

    expect(first.body.result).toHaveLength(100);
    expect(whole.body.result).toHaveLength(500);
    expect(whole.body.paging_metadata).toEqual({});
  });

  it('is narrowed by idShort', async () => {
    const { ids } = await readAll('/submodels?limit=7&idShort=Kind3');

    expect(ids).toHaveLength(COUNT / 4);
    expect(ids[1]).toBe('urn:test:7');
  });

  it('is narrowed by semanticId, supplemental ones too', async () => {
    const filter = encodeIdentifier(JSON.stringify(reference('urn:rare')));
    const { ids } = await readAll(`/submodels?limit=7&semanticId=${filter}`);

    expect(ids).toHaveLength(40);
    expect(ids.slice(0, 3)).toEqual(['urn:test:0', 'urn:test:50', 'urn:test:100']);
  });

  it('is narrowed by both, whichever finds less, a page at a time', async () => {
    const semanticId = Buffer.from(JSON.stringify(reference('urn:rare'))).toString('base64url');
    const expected = Array.from({ length: COUNT }, (_, index) => index)
      .filter((index) => index % 50 === 0 && index % 4 === 2)
      .map((index) => `urn:test:${index}`);

    const { ids, pages } = await readAll(
      `/submodels?limit=3&level=core&idShort=Kind2&semanticId=${semanticId}`,
    );

    expect(ids).toEqual(expected);
    expect(pages).toBe(Math.ceil(expected.length / 3));
  });

  it('goes on at the same place when submodels before it are deleted', async () => {
    const first = await running.call('GET', '/submodels?limit=10');
    await running.call('DELETE', submodelPath('urn:test:3'));
    const { cursor } = first.body.paging_metadata;
    const second = await running.call('GET', `/submodels?limit=1&cursor=${cursor}`);

    expect(second.body.result[0].id).toBe('urn:test:10');
  });

  it('is registered, and the registry is read page by page too', async () => {
    const { ids, pages } = await readAll('/submodel-descriptors?limit=1000');

    expect(pages).toBe(2);
    expect(new Set(ids).size).toBe(COUNT - 1);
  });
});

describe('the elements of a submodel', () => {
  it('are read page by page', async () => {
    const id = 'urn:test:many-elements';
    const names = Array.from({ length: 25 }, (_, index) => `Element${index}`);
    await running.call(
      'PUT',
      submodelPath(id),
      submodel(
        id,
        names.map((name) => integer(name, 1)),
      ),
    );

    const read: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await running.call('GET', submodelPath(id, `/submodel-elements?limit=10${cursor}`));
      read.push(...body.result.map(({ idShort }: { idShort: string }) => idShort));
      if (body.paging_metadata.cursor === undefined) break;
      cursor = `&cursor=${body.paging_metadata.cursor}`;
    }

    expect(read).toEqual(names);
  });
});
