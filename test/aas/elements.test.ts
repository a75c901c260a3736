import {
  elementPath,
  integer,
  type RunningEnvironment,
  runEnvironment,
  submodel,
  submodelPath,
  text,
} from './running-environment.ts';

const ID = 'https://example.org/sm/1?ü=1';
const collection = (idShort: string, value: readonly object[]) => ({
  modelType: 'SubmodelElementCollection',
  idShort,
  value,
});
const list = (idShort: string, value: readonly object[]) => ({
  modelType: 'SubmodelElementList',
  idShort,
  typeValueListElement: 'SubmodelElementCollection',
  value,
});
const entry = (name: string) => ({ modelType: 'SubmodelElementCollection', value: [text('Name', name)] });

const EXAMPLE = submodel(ID, [
  integer('Count', 7),
  collection('Motor', [text('Maker', 'ACME'), list('Bearings', [entry('a'), entry('b'), entry('c')])]),
  { modelType: 'MultiLanguageProperty', idShort: 'Title', value: [{ language: 'en', text: 'Press' }] },
  { modelType: 'Range', idShort: 'Speed', valueType: 'xs:double', min: '0.5', max: 'INF' },
  { modelType: 'Property', idShort: 'Alive', valueType: 'xs:boolean', value: 'true' },
  { modelType: 'Property', idShort: 'Empty', valueType: 'xs:int' },
  { modelType: 'Blob', idShort: 'Icon', contentType: 'image/png', value: 'AAEC' },
  { modelType: 'Capability', idShort: 'Pressing' },
  {
    modelType: 'Entity',
    idShort: 'Part',
    entityType: 'SelfManagedEntity',
    globalAssetId: 'urn:part',
    statements: [text('Colour', 'red')],
  },
  {
    modelType: 'AnnotatedRelationshipElement',
    idShort: 'Mounted',
    first: { type: 'ExternalReference', keys: [{ type: 'GlobalReference', value: 'urn:a' }] },
    second: { type: 'ExternalReference', keys: [{ type: 'GlobalReference', value: 'urn:b' }] },
    annotations: [integer('Torque', 12)],
  },
]);

let running: RunningEnvironment;
beforeAll(async () => {
  running = await runEnvironment();
});
afterAll(() => running.stop());
beforeEach(async () => {
  expect([201, 204]).toContain((await running.call('PUT', submodelPath(ID), EXAMPLE)).status);
});

describe('a submodel', () => {
  it('comes back as it was put, element for element', async () => {
    const { body } = await running.call('GET', submodelPath(ID, '?extent=withBlobValue'));

    expect(body).toEqual(EXAMPLE);
  });

  it('leaves out what a level or an extent leaves out', async () => {
    const core = await running.call('GET', submodelPath(ID, '?level=core'));

    expect(core.body.submodelElements[1]).toEqual({
      modelType: 'SubmodelElementCollection',
      idShort: 'Motor',
    });
    expect(core.body.submodelElements[6]).toEqual({
      modelType: 'Blob',
      idShort: 'Icon',
      contentType: 'image/png',
    });
    expect((await running.call('GET', submodelPath(ID, '?level=shallow'))).status).toBe(400);
  });

  it('has a value-only form of plain JSON', async () => {
    const { body } = await running.call('GET', submodelPath(ID, '/$value'));

    expect(body).toEqual({
      Count: 7,
      Motor: { Maker: 'ACME', Bearings: [{ Name: 'a' }, { Name: 'b' }, { Name: 'c' }] },
      Title: [{ en: 'Press' }],
      Speed: { min: 0.5, max: 'INF' },
      Alive: true,
      Icon: { contentType: 'image/png' },
      Part: { statements: { Colour: 'red' }, entityType: 'SelfManagedEntity', globalAssetId: 'urn:part' },
      Mounted: {
        first: { type: 'ExternalReference', keys: [{ type: 'GlobalReference', value: 'urn:a' }] },
        second: { type: 'ExternalReference', keys: [{ type: 'GlobalReference', value: 'urn:b' }] },
        annotations: { Torque: 12 },
      },
    });
  });

  it('has metadata, a reference and the paths of its elements', async () => {
    const metadata = await running.call('GET', submodelPath(ID, '/$metadata'));
    const reference = await running.call('GET', submodelPath(ID, '/$reference'));
    const paths = await running.call('GET', submodelPath(ID, '/$path'));

    expect(metadata.body).toEqual({ modelType: 'Submodel', id: ID, idShort: 'Example' });
    expect(reference.body).toEqual({ type: 'ModelReference', keys: [{ type: 'Submodel', value: ID }] });
    expect(paths.body.slice(0, 7)).toEqual([
      'Count',
      'Motor',
      'Motor.Maker',
      'Motor.Bearings',
      'Motor.Bearings[0]',
      'Motor.Bearings[0].Name',
      'Motor.Bearings[1]',
    ]);
  });

  it('takes values for elements that exist, all or none', async () => {
    const good = await running.call('PATCH', submodelPath(ID, '/$value'), {
      Count: 8,
      Motor: { Maker: 'Other' },
    });
    const bad = await running.call('PATCH', submodelPath(ID, '/$value'), { Count: 9, Motor: { Nothing: 1 } });

    expect(good.status).toBe(204);
    expect(bad.status).toBe(400);
    const { body } = await running.call('GET', submodelPath(ID, '/$value'));
    expect(body).toMatchObject({ Count: 8, Motor: { Maker: 'Other' } });
  });
});

describe('an element', () => {
  it.each([
    ['Motor.Bearings[1].Name', 'Name'],
    ['Part.Colour', 'Colour'],
    ['Mounted.Torque', 'Torque'],
  ])('is found by the path %s', async (path, idShort) => {
    expect((await running.call('GET', elementPath(ID, path))).body.idShort).toBe(idShort);
  });

  it('is found by a path with brackets that are not percent-encoded', async () => {
    const { body } = await running.call(
      'GET',
      submodelPath(ID, '/submodel-elements/Motor.Bearings[2].Name/$value'),
    );

    expect(body).toBe('c');
  });

  it.each([
    ['Motor.Bearings[3]', 404],
    ['motor', 404],
    ['Motor..Maker', 400],
    ['Motor.', 400],
    ['[0]', 400],
  ])('is not found by the path %s: %i', async (path, status) => {
    const answer = await running.call('GET', elementPath(ID, path));

    expect(answer.status).toBe(status);
    expect(answer.body.messages[0]).toMatchObject({ messageType: 'Error', text: expect.any(String) });
  });

  it('has a reference with a key for each step', async () => {
    const { body } = await running.call('GET', elementPath(ID, 'Motor.Bearings[1].Name', '/$reference'));

    expect(body.keys.slice(1)).toEqual([
      { type: 'SubmodelElementCollection', value: 'Motor' },
      { type: 'SubmodelElementList', value: 'Bearings' },
      { type: 'SubmodelElementCollection', value: '1' },
      { type: 'Property', value: 'Name' },
    ]);
  });

  it.each([
    ['Count', 'seven', 400],
    ['Count', 7.5, 400],
    ['Count', 2 ** 31, 400],
    ['Count', 8, 204],
    ['Count', '8', 204],
    ['Alive', false, 204],
    ['Motor.Bearings', [{ Name: 'x' }], 400],
    ['Motor.Bearings', [{ Name: 'x' }, {}, null], 204],
    ['Motor', { 'Bearings[0].Name': 'x' }, 400],
    ['Pressing', 1, 400],
    ['Title', [{ en: 'Presse' }], 204],
    ['Title', 'Presse', 400],
  ])('takes for %s the value %j: %i', async (path, value, status) => {
    expect((await running.call('PATCH', elementPath(ID, path, '/$value'), value)).status).toBe(status);
  });

  it('is created by PUT where there is none, and replaced with its subtree where there is one', async () => {
    const made = await running.call('PUT', elementPath(ID, 'Motor.Power'), integer('Power', 5));
    const replaced = await running.call(
      'PUT',
      elementPath(ID, 'Motor'),
      collection('Motor', [text('Maker', 'B')]),
    );

    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toContain('/submodel-elements/Motor.Power');
    expect(replaced.status).toBe(204);
    const { body } = await running.call('GET', elementPath(ID, 'Motor', '/$value'));
    expect(body).toEqual({ Maker: 'B' });
  });

  it('is refused by PUT under another idShort or below something that holds none', async () => {
    expect((await running.call('PUT', elementPath(ID, 'Count'), integer('Other', 5))).status).toBe(400);
    expect((await running.call('PUT', elementPath(ID, 'Count.Inner'), integer('Inner', 5))).status).toBe(400);
    expect((await running.call('PUT', elementPath(ID, 'Nothing.Inner'), integer('Inner', 5))).status).toBe(
      404,
    );
    expect((await running.call('PUT', elementPath(ID, 'Motor.Bearings.Name'), entry('x'))).status).toBe(400);
  });

  it('is added by POST at the end, once', async () => {
    const first = await running.call('POST', elementPath(ID, 'Motor'), text('Power', '5'));
    const again = await running.call('POST', elementPath(ID, 'Motor'), text('Power', '5'));
    const entered = await running.call('POST', elementPath(ID, 'Motor.Bearings'), entry('d'));
    const wrong = await running.call('POST', elementPath(ID, 'Motor.Bearings'), text('Name', 'x'));

    expect([first.status, again.status, entered.status, wrong.status]).toEqual([201, 409, 201, 400]);
    expect(entered.headers.get('location')).toMatch(/Motor\.Bearings%5B3%5D$/);
    const { body } = await running.call('GET', elementPath(ID, 'Motor.Bearings[3].Name', '/$value'));
    expect(body).toBe('d');
  });

  it('leaves no hole in its list when it is deleted', async () => {
    const { status } = await running.call('DELETE', elementPath(ID, 'Motor.Bearings[0]'));

    expect(status).toBe(204);
    const { body } = await running.call('GET', elementPath(ID, 'Motor.Bearings', '/$value'));
    expect(body).toEqual([{ Name: 'b' }, { Name: 'c' }]);
    expect((await running.call('GET', elementPath(ID, 'Motor.Bearings[1].Name', '/$value'))).body).toBe('c');
  });

  it('takes its children along when it is deleted, and no sibling with the same beginning', async () => {
    await running.call('POST', submodelPath(ID, '/submodel-elements'), integer('Motor2', 1));
    await running.call('DELETE', elementPath(ID, 'Motor'));

    expect((await running.call('GET', elementPath(ID, 'Motor.Maker'))).status).toBe(404);
    expect((await running.call('GET', elementPath(ID, 'Motor2'))).status).toBe(200);
  });

  it('merges a partial form: what it names changes, the rest stays', async () => {
    const patch = {
      modelType: 'SubmodelElementCollection',
      description: [{ language: 'en', text: 'the drive' }],
      value: [{ idShort: 'Maker', value: 'New' }, text('Power', '5')],
    };
    const first = await running.call('PATCH', elementPath(ID, 'Motor'), patch);
    const again = await running.call('PATCH', elementPath(ID, 'Motor'), patch);

    expect([first.status, again.status]).toEqual([204, 204]);
    const { body } = await running.call('GET', elementPath(ID, 'Motor'));
    expect(body.description).toHaveLength(1);
    expect(body.value.map(({ idShort }: { idShort: string }) => idShort)).toEqual([
      'Maker',
      'Bearings',
      'Power',
    ]);
    expect(body.value[0].value).toBe('New');
  });

  it('refuses a partial form that is not valid as a whole', async () => {
    expect((await running.call('PATCH', elementPath(ID, 'Count'), { valueType: null })).status).toBe(400);
    expect((await running.call('PATCH', elementPath(ID, 'Count'), { modelType: 'Blob' })).status).toBe(400);
    expect((await running.call('PATCH', elementPath(ID, 'Count'), { value: 'x' })).status).toBe(400);
  });
});

describe('writes at the same time', () => {
  it('all survive when they patch different elements of one submodel', async () => {
    const id = 'urn:test:parallel';
    const names = Array.from({ length: 40 }, (_, index) => `P${index}x`);
    await running.call(
      'PUT',
      submodelPath(id),
      submodel(
        id,
        names.map((name) => integer(name, 0)),
      ),
    );

    const patches = names.flatMap((name) =>
      [1, 2, 3].map(() => running.call('PATCH', elementPath(id, name, '/$value'), 7)),
    );
    const statuses = new Set((await Promise.all(patches)).map(({ status }) => status));

    expect([...statuses]).toEqual([204]);
    const { body } = await running.call('GET', submodelPath(id, '/$value'));
    expect(Object.values(body)).toEqual(names.map(() => 7));
  });

  it('never conflict when they are the same PUT', async () => {
    const id = 'urn:test:same-put';
    const puts = Array.from({ length: 20 }, () =>
      running.call('PUT', submodelPath(id), submodel(id, [integer('Count', 1)])),
    );

    const statuses = (await Promise.all(puts)).map(({ status }) => status).sort();
    expect(statuses).toEqual([201, ...Array.from({ length: 19 }, () => 204)].sort());
  });
});
