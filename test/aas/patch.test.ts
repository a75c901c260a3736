import fc from 'fast-check';
import {
  elementPath,
  integer,
  type RunningEnvironment,
  runEnvironment,
  submodel,
  submodelPath,
  text,
} from './running-environment.ts';

const ID = 'urn:patch';
const SAMPLE = submodel(
  ID,
  [
    text('Name', 'press'),
    {
      modelType: 'SubmodelElementCollection',
      idShort: 'Group',
      category: 'PARAMETER',
      value: [integer('Count', 7), integer('Limit', 9)],
    },
    {
      modelType: 'SubmodelElementList',
      idShort: 'Values',
      typeValueListElement: 'Property',
      valueTypeListElement: 'xs:int',
      value: [
        { modelType: 'Property', valueType: 'xs:int', value: '1' },
        { modelType: 'Property', valueType: 'xs:int', value: '2' },
      ],
    },
    {
      modelType: 'Entity',
      idShort: 'Machine',
      entityType: 'CoManagedEntity',
      statements: [text('Kind', 'press')],
    },
  ],
  { category: 'CONSTANT', description: [{ language: 'en', text: 'A press' }] },
);

let running: RunningEnvironment;
beforeAll(async () => {
  running = await runEnvironment();
});
afterAll(() => running.stop());
beforeEach(async () => {
  await running.call('PUT', submodelPath(ID), SAMPLE);
});

const read = async () => (await running.call('GET', submodelPath(ID))).body;
const patch = (path: string, body: unknown) => running.call('PATCH', path, body);

describe('PATCH of a submodel', () => {
  it('merges its members, takes out what is null, and leaves the rest', async () => {
    const answer = await patch(submodelPath(ID), { category: null, idShort: 'Renamed' });

    expect(answer.status).toBe(204);
    const { category: _category, ...rest } = SAMPLE as { category?: string };
    expect(await read()).toEqual({ ...rest, idShort: 'Renamed' });
  });

  it('merges or adds elements by idShort at every depth and deletes nothing by omission', async () => {
    const answer = await patch(submodelPath(ID), {
      submodelElements: [
        { idShort: 'Group', value: [{ idShort: 'Count', value: '8' }, integer('Added', 1)] },
        { idShort: 'Machine', statements: [{ idShort: 'Kind', value: 'saw' }] },
        text('New', 'x'),
      ],
    });

    expect(answer.status).toBe(204);
    const values = await running.call('GET', submodelPath(ID, '/$value'));
    expect(values.body).toEqual({
      Name: 'press',
      Group: { Count: 8, Limit: 9, Added: 1 },
      Values: [1, 2],
      Machine: { statements: { Kind: 'saw' }, entityType: 'CoManagedEntity' },
      New: 'x',
    });
    expect((await read()).submodelElements[1].category).toBe('PARAMETER');
  });

  it('replaces a list whole', async () => {
    await patch(elementPath(ID, 'Values'), {
      value: [{ modelType: 'Property', valueType: 'xs:int', value: '5' }],
    });

    expect((await running.call('GET', elementPath(ID, 'Values', '/$value'))).body).toEqual([5]);
  });

  it('takes all children out where they are null', async () => {
    await patch(elementPath(ID, 'Group'), { value: null });

    expect((await running.call('GET', elementPath(ID, 'Group'))).body).toEqual({
      modelType: 'SubmodelElementCollection',
      idShort: 'Group',
      category: 'PARAMETER',
    });
  });

  it.each([
    ['null on a mandatory member', elementPath(ID, 'Name'), { valueType: null }],
    ['another id', submodelPath(ID), { id: 'urn:other' }],
    ['another model type', elementPath(ID, 'Name'), { modelType: 'Range' }],
    ['another idShort', elementPath(ID, 'Name'), { idShort: 'Other' }],
    ['a value that is none of its type', elementPath(ID, 'Group.Count'), { value: 'many' }],
    ['an entry type that the entries have not', elementPath(ID, 'Values'), { typeValueListElement: 'Range' }],
    ['a child without an idShort', submodelPath(ID), { submodelElements: [{ value: '1' }] }],
    ['an incomplete new child', submodelPath(ID), { submodelElements: [{ idShort: 'Half' }] }],
    ['a level that it has not', `${submodelPath(ID)}?level=deep`, { category: 'x' }],
  ])('refuses %s', async (_what, path, body) => {
    const before = await read();

    expect((await patch(path, body)).status).toBe(400);
    expect(await read()).toEqual(before);
  });

  it('is atomic: a fault in the last element undoes the first', async () => {
    const before = await read();
    const answer = await patch(submodelPath(ID), {
      category: 'VARIABLE',
      submodelElements: [
        { idShort: 'Name', value: 'saw' },
        { idShort: 'Group', value: [{ idShort: 'Count', value: 'many' }] },
      ],
    });

    expect(answer.status).toBe(400);
    expect(await read()).toEqual(before);
  });

  it('is idempotent: sending any patch again changes nothing more', async () => {
    const value = fc.integer({ min: -1000, max: 1000 }).map(String);
    const child = fc.record({ idShort: fc.constantFrom('Count', 'Limit'), value });
    const member = fc.oneof(
      fc.record({ idShort: fc.constant('Group'), value: fc.oneof(fc.array(child), fc.constant(null)) }),
      fc.record({ idShort: fc.constant('Name'), value: fc.oneof(value, fc.constant(null)) }),
      fc.record({
        idShort: fc.constant('Fresh'),
        modelType: fc.constant('Property'),
        valueType: fc.constant('xs:int'),
        value,
      }),
    );
    const anyPatch = fc.record(
      {
        category: fc.oneof(fc.string(), fc.constant(null)),
        submodelElements: fc.array(member, { maxLength: 3 }),
      },
      { requiredKeys: [] },
    );

    await fc.assert(
      fc.asyncProperty(anyPatch, async (body) => {
        await running.call('PUT', submodelPath(ID), SAMPLE);
        const first = await patch(submodelPath(ID), body);
        const once = await read();
        // Children that were taken out may be incomplete when they come again in the same patch.
        if (first.status !== 204) return;
        const second = await patch(submodelPath(ID), body);
        if (second.status === 204) expect(await read()).toEqual(once);
        else expect(body.submodelElements?.some((inner) => inner.value === null)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});

describe('PATCH of $metadata', () => {
  it('changes the metadata of a submodel and of an element, values and children stay', async () => {
    const ofSubmodel = await patch(submodelPath(ID, '/$metadata'), { description: null });
    const ofElement = await patch(elementPath(ID, 'Group', '/$metadata'), { category: 'VARIABLE' });

    expect([ofSubmodel.status, ofElement.status]).toEqual([204, 204]);
    const { description: _description, ...rest } = SAMPLE as { description?: unknown };
    const changed = await read();
    expect(changed.submodelElements[1].category).toBe('VARIABLE');
    changed.submodelElements[1].category = 'PARAMETER';
    expect(changed).toEqual(rest);
  });

  it.each([
    [elementPath(ID, 'Name', '/$metadata'), { value: 'x' }],
    [elementPath(ID, 'Group', '/$metadata'), { value: [] }],
    [submodelPath(ID, '/$metadata'), { submodelElements: [] }],
    [`${submodelPath(ID, '/$metadata')}?level=core`, { category: 'x' }],
  ])('refuses what is no metadata: %s', async (path, body) => {
    expect((await patch(path, body)).status).toBe(400);
  });
});

describe('PATCH of $value', () => {
  it('refuses elements that are not there and lists of another length', async () => {
    const unknown = await patch(submodelPath(ID, '/$value'), { Nowhere: 1 });
    const longer = await patch(elementPath(ID, 'Values', '/$value'), [1, 2, 3]);
    const same = await patch(elementPath(ID, 'Values', '/$value'), [3, 4]);

    expect([unknown.status, longer.status, same.status]).toEqual([400, 400, 204]);
    expect((await running.call('GET', elementPath(ID, 'Values', '/$value'))).body).toEqual([3, 4]);
  });
});

describe('writers at the same time', () => {
  it('lose no update of different elements of one submodel', async () => {
    const count = (idShort: string, value: number) =>
      patch(elementPath(ID, `Group.${idShort}`, '/$value'), value);
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => count(index % 2 === 0 ? 'Count' : 'Limit', index)),
    );

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
    expect((await running.call('GET', elementPath(ID, 'Group', '/$value'))).body).toEqual({
      Count: 38,
      Limit: 39,
    });
  });

  it('never conflict with identical PUTs, of what is new and of what is there', async () => {
    const id = 'urn:patch:same';
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        running.call('PUT', submodelPath(id), submodel(id, [text('A1', 'x')])),
      ),
    );

    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, ...Array(9).fill(204)]);
  });
});
