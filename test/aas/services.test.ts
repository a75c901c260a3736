import { encodeIdentifier } from '../../aas/identifier-encoding.ts';
import { modelReference, shellReference, submodelReference } from '../../aas/references.ts';
import {
  elementPath,
  integer,
  type RunningEnvironment,
  runEnvironment,
  submodel,
  submodelPath,
  text,
} from './running-environment.ts';

const SHELL_ID = 'urn:services:shell';
const SUBMODEL_ID = 'urn:services:submodel';
const SHELL = {
  modelType: 'AssetAdministrationShell',
  id: SHELL_ID,
  assetInformation: { assetKind: 'Instance', globalAssetId: 'urn:services:asset' },
  submodels: [submodelReference(SUBMODEL_ID)],
};
const SUBMODEL = submodel(SUBMODEL_ID, [
  text('Name', 'press'),
  { modelType: 'SubmodelElementCollection', idShort: 'Group', value: [integer('Count', 7)] },
  { modelType: 'Operation', idShort: 'Start' },
]);
const shellPath = (id: string, below = '') => `/shells/${encodeIdentifier(id)}${below}`;

let running: RunningEnvironment;
beforeAll(async () => {
  running = await runEnvironment({ single: { shell: SHELL_ID, submodel: SUBMODEL_ID } });
  await running.call('POST', '/submodels', SUBMODEL);
  await running.call('POST', '/shells', SHELL);
});
afterAll(() => running.stop());
const get = async (path: string) => (await running.call('GET', path)).body;

describe('the prefixes', () => {
  it.each(['', '/api/v3', '/api/v3.0', '/api/v3.1'])(
    '%s serve the same, and stay in Location',
    async (prefix) => {
      expect(await get(`${prefix}${submodelPath(SUBMODEL_ID)}`)).toEqual(SUBMODEL);
      const base = `${prefix}${shellPath(SHELL_ID, `/submodels/${encodeIdentifier(SUBMODEL_ID)}/submodel-elements`)}`;
      const atTop = await running.call('POST', base, text('Fresh', 'x'));
      const inside = await running.call('POST', `${base}/Group`, integer('Fresh', 1));
      const put = await running.call('PUT', `${base}/Other`, text('Other', 'x'));

      expect([atTop, inside, put].map(({ headers }) => headers.get('location'))).toEqual([
        `${base}/Fresh`,
        `${base}/Group.Fresh`,
        `${base}/Other`,
      ]);
      await running.call('PUT', submodelPath(SUBMODEL_ID), SUBMODEL);
    },
  );

  it('are no part of other paths', async () => {
    expect((await running.call('GET', '/api/v3.2/shells')).status).toBe(404);
    expect((await running.call('GET', '/api/v3shells')).status).toBe(404);
    expect((await running.call('GET', '/shells/')).status).toBe(200);
  });
});

describe('below /api/v3.0', () => {
  it('a single value stands below its idShort', async () => {
    const path = elementPath(SUBMODEL_ID, 'Name', '/$value');

    expect(await get(path)).toBe('press');
    expect(await get(`/api/v3.0${path}`)).toEqual({ Name: 'press' });
  });

  it('metadata has what metamodel 3.0 demands', async () => {
    const file = {
      modelType: 'File',
      idShort: 'Drawing',
      contentType: 'text/plain',
      value: 'https://a.example',
    };
    await running.call('PUT', elementPath(SUBMODEL_ID, 'Drawing'), file);
    const path = elementPath(SUBMODEL_ID, 'Drawing', '/$metadata');

    expect(await get(path)).toEqual({ modelType: 'File', idShort: 'Drawing' });
    expect(await get(`/api/v3.0${path}`)).toEqual({
      modelType: 'File',
      idShort: 'Drawing',
      contentType: 'text/plain',
    });
    await running.call('DELETE', elementPath(SUBMODEL_ID, 'Drawing'));
  });
});

describe('a single object', () => {
  it('is a base URL for tools: with its description, its serialization and the shells', async () => {
    expect(await get('/aas/description')).toEqual(await get('/description'));
    expect((await get('/aas/serialization')).assetAdministrationShells).toEqual([SHELL]);
    expect((await get('/submodel/serialization')).submodels).toEqual([SUBMODEL]);
    expect((await get('/submodel/serialization')).assetAdministrationShells).toBeUndefined();
    expect((await get('/aas/shells')).result).toEqual([SHELL]);
    expect((await running.call('POST', '/aas/shells', SHELL)).status).toBe(405);
  });
});

describe('what is no request that can be read', () => {
  it('is answered like every refusal', async () => {
    const answer = await running.call('GET', `/shells?idShort=${'a'.repeat(20_000)}`);

    expect([answer.status, answer.body.messages[0].code]).toEqual([431, 'E_INVALID_INPUT']);
  });
});

describe('a list of submodels', () => {
  it('comes in all forms', async () => {
    expect(await get('/submodels/$metadata')).toEqual({
      paging_metadata: {},
      result: [{ modelType: 'Submodel', id: SUBMODEL_ID, idShort: 'Example' }],
    });
    expect((await get('/submodels/$value')).result).toEqual([{ Name: 'press', Group: { Count: 7 } }]);
    expect((await get('/submodels/$reference')).result).toEqual([submodelReference(SUBMODEL_ID)]);
    expect((await get('/submodels/$path')).result).toEqual(['Group', 'Group.Count', 'Name', 'Start']);
    expect((await get('/submodels/$path?level=core')).result).toEqual(['Group', 'Name', 'Start']);
    expect((await get('/submodels/$value?idShort=Other')).result).toEqual([]);
  });

  it('as paths comes a path at a time, across submodels', async () => {
    await running.call('POST', '/submodels', submodel('urn:services:second', [text('Last', 'x')]));
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await get(`/submodels/$path?limit=1${cursor === undefined ? '' : `&cursor=${cursor}`}`);
      found.push(...page.result);
      cursor = page.paging_metadata.cursor;
    } while (cursor !== undefined);
    const foreign = Buffer.from('k17').toString('base64url');

    expect(found).toEqual(['Group', 'Group.Count', 'Name', 'Start', 'Last']);
    expect((await running.call('GET', `/submodels/$path?cursor=${foreign}`)).status).toBe(400);
    await running.call('DELETE', submodelPath('urn:services:second'));
  });

  it('of elements too, a page at a time', async () => {
    const elements = submodelPath(SUBMODEL_ID, '/submodel-elements');

    expect((await get(`${elements}/$metadata`)).result).toContainEqual({
      modelType: 'SubmodelElementCollection',
      idShort: 'Group',
    });
    expect((await get(`${elements}/$value`)).result).toEqual({ Name: 'press', Group: { Count: 7 } });
    expect((await get(`/api/v3.0${elements}/$value`)).result).toEqual([
      { Name: 'press' },
      { Group: { Count: 7 } },
    ]);
    expect((await get(`${elements}/$reference?limit=1`)).result).toEqual([
      modelReference({ type: 'Submodel', value: SUBMODEL_ID }, { type: 'Property', value: 'Name' }),
    ]);
    const first = await get(`${elements}/$path?limit=2`);
    expect(first.result).toEqual(['Name', 'Group', 'Group.Count']);
    const { cursor } = first.paging_metadata;
    expect((await get(`${elements}/$path?limit=2&cursor=${cursor}`)).result).toEqual(['Start']);
  });

  it.each([
    submodelPath(SUBMODEL_ID, '/$metadata?level=core'),
    submodelPath(SUBMODEL_ID, '/$reference?level=deep'),
    elementPath(SUBMODEL_ID, 'Name', '/$metadata?level=deep'),
    '/submodels/$metadata?level=core',
    '/submodels/$reference?level=deep',
    submodelPath(SUBMODEL_ID, '/$value?level=wide'),
    elementPath(SUBMODEL_ID, 'Name', '/$value?level=wide'),
    elementPath(SUBMODEL_ID, 'Start', '/$value'),
    `/api/v3.0${elementPath(SUBMODEL_ID, 'Start', '/$metadata')}`,
    `/api/v3.0${elementPath(SUBMODEL_ID, 'Name', '/$path')}`,
  ])('refuses modifiers that the form has not: %s', async (path) => {
    expect((await running.call('GET', path)).status).toBe(400);
  });

  it('refuses modifiers on POST', async () => {
    const fresh = submodel('urn:services:fresh', []);
    expect((await running.call('POST', '/submodels?level=deep', fresh)).status).toBe(400);
    expect((await running.call('POST', '/submodels?extent=withBlobValue', fresh)).status).toBe(400);
  });
});

describe('the single-object services', () => {
  it('serve the shell and the submodel that the settings name', async () => {
    expect(await get('/aas')).toEqual(SHELL);
    expect(await get('/aas/$reference')).toEqual(shellReference(SHELL_ID));
    expect(await get('/submodel/$value')).toEqual({ Name: 'press', Group: { Count: 7 } });
    expect(await get(`/aas/submodels/${encodeIdentifier(SUBMODEL_ID)}/submodel-elements/Name/$value`)).toBe(
      'press',
    );
    expect((await running.call('DELETE', '/submodel')).status).toBe(405);
    expect((await running.call('DELETE', '/aas')).headers.get('allow')).toBe('GET, PUT');
  });

  it('are not there, and not described, without an object', async () => {
    const without = await runEnvironment();
    const { body } = await without.call('GET', '/description');

    expect((await without.call('GET', '/aas')).status).toBe(404);
    expect(body.profiles.join()).not.toMatch(/\/(AssetAdministrationShell|Submodel)ServiceSpecification/);
    expect((await running.call('GET', '/description')).body.profiles).toContain(
      'https://admin-shell.io/aas/API/3/0/SubmodelServiceSpecification/SSP-002',
    );
    await without.stop();
  });
});

describe('/description', () => {
  it('has 3/1 ids, and 3/0 ids of the profiles that API 3.0 has', async () => {
    const { profiles } = await get('/description');
    const both = (name: string) =>
      ['3/0', '3/1'].map((v) => profiles.includes(`https://admin-shell.io/aas/API/${v}/${name}`));

    expect(both('SubmodelRepositoryServiceSpecification/SSP-002')).toEqual([true, true]);
    expect(both('AssetAdministrationShellRegistryServiceSpecification/SSP-003')).toEqual([false, true]);
    expect(both('AssetAdministrationShellRegistryServiceSpecification/SSP-005')).toEqual([false, true]);
    expect(both('DiscoveryServiceSpecification/SSP-002')).toEqual([false, true]);
    expect(profiles.join()).not.toMatch(/RepositoryServiceSpecification\/SSP-003/);
  });
});

describe('the superpath', () => {
  it('creates a submodel by PUT and makes the shell refer to it', async () => {
    const id = 'urn:services:made';
    const path = shellPath(SHELL_ID, `/submodels/${encodeIdentifier(id)}`);
    const made = await running.call('PUT', path, submodel(id, []));
    const again = await running.call('PUT', path, submodel(id, []));

    expect([made.status, again.status]).toEqual([201, 204]);
    expect(made.headers.get('location')).toBe(path);
    expect(made.body).toEqual(submodelReference(id));
    expect((await get(shellPath(SHELL_ID))).submodels).toContainEqual(submodelReference(id));
    await running.call('DELETE', path);
  });
});

describe('asset information and thumbnail', () => {
  const thumbnail = shellPath(SHELL_ID, '/asset-information/thumbnail');
  const send = (type: string) => {
    const form = new FormData();
    form.set('fileName', 'press.png');
    form.set('file', new Blob(['picture'], { type }));
    return fetch(`${running.server.url}${thumbnail}`, { method: 'PUT', body: form });
  };

  it('is stored, shown as what it is, named by the shell, and taken out', async () => {
    const put = await send('image/png');
    const got = await fetch(`${running.server.url}${thumbnail}`);
    const named = (await get(shellPath(SHELL_ID, '/asset-information'))).defaultThumbnail;
    const deleted = await running.call('DELETE', thumbnail);

    expect([put.status, got.status, deleted.status]).toEqual([204, 200, 204]);
    expect([got.headers.get('content-type'), await got.text()]).toEqual(['image/png', 'picture']);
    expect(named).toEqual({ path: '/aasx/files/press.png', contentType: 'image/png' });
    expect((await running.call('GET', thumbnail)).status).toBe(404);
    expect(await get(shellPath(SHELL_ID, '/asset-information'))).toEqual(SHELL.assetInformation);
  });

  it('is never a page of ours', async () => {
    await send('image/svg+xml');
    const { headers } = await fetch(`${running.server.url}${thumbnail}`);

    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('goes with asset information that no longer names it', async () => {
    await send('image/png');
    const put = await running.call('PUT', shellPath(SHELL_ID, '/asset-information'), SHELL.assetInformation);

    expect(put.status).toBe(204);
    expect((await running.call('GET', thumbnail)).status).toBe(404);
  });
});

describe('concept descriptions', () => {
  const specification = modelReference({ type: 'GlobalReference', value: 'urn:iec61360' });
  const speed = {
    modelType: 'ConceptDescription',
    id: 'urn:speed',
    idShort: 'Speed',
    isCaseOf: [modelReference({ type: 'ConceptDescription', value: 'urn:movement' })],
    embeddedDataSpecifications: [
      {
        dataSpecification: specification,
        dataSpecificationContent: {
          modelType: 'DataSpecificationIec61360',
          preferredName: [{ language: 'en', text: 'Speed' }],
        },
      },
    ],
  };
  const path = `/concept-descriptions/${encodeIdentifier(speed.id)}`;

  it('are stored and found by idShort, by case and by data specification', async () => {
    const posted = await running.call('POST', '/concept-descriptions', speed);
    await running.call('POST', '/concept-descriptions', { id: 'urn:torque', idShort: 'Torque' });
    const encoded = (reference: unknown) => encodeIdentifier(JSON.stringify(reference));
    const found = async (query: string) =>
      (await get(`/concept-descriptions?${query}`)).result.map(({ id }: { id: string }) => id);

    expect(posted.headers.get('location')).toBe(path);
    expect(await get(path)).toEqual(speed);
    expect(await found('idShort=Torque')).toEqual(['urn:torque']);
    expect(await found(`isCaseOf=${encoded(speed.isCaseOf[0])}`)).toEqual(['urn:speed']);
    expect(await found(`dataSpecificationRef=${encoded(specification)}`)).toEqual(['urn:speed']);
    expect(await found('limit=1')).toEqual(['urn:speed']);
  });
});

describe('discovery', () => {
  const link = { name: 'serial', value: '77' };
  const found = async (...links: object[]) =>
    (await running.call('POST', '/lookup/shellsByAssetLink', links)).body.result;

  it('keeps links of shells of any repository', async () => {
    const id = 'urn:elsewhere:shell';
    const path = `/lookup/shells/${encodeIdentifier(id)}`;
    const first = await running.call('POST', path, [link, { name: 'kind', value: 'press' }]);
    const both = await found(link, { name: 'kind', value: 'press' });
    await running.call('POST', path, [link]);

    expect(first.status).toBe(201);
    expect(both).toEqual([id]);
    expect(await found({ name: 'kind', value: 'press' })).toEqual([]);
    expect(await get(path)).toEqual([link]);
    expect((await running.call('DELETE', path)).status).toBe(204);
    expect((await running.call('GET', path)).status).toBe(404);
  });

  it('follows the repository, until somebody writes links', async () => {
    const id = 'urn:services:followed';
    const shell = (value: string) => ({
      id,
      assetInformation: { assetKind: 'Instance', specificAssetIds: [{ name: 'serial', value }] },
    });
    await running.call('PUT', shellPath(id), shell('1'));
    await running.call('PUT', shellPath(id), shell('2'));
    const followed = [
      await found({ name: 'serial', value: '1' }),
      await found({ name: 'serial', value: '2' }),
    ];
    await running.call('POST', `/lookup/shells/${encodeIdentifier(id)}`, [link]);
    await running.call('PUT', shellPath(id), shell('3'));

    expect(followed).toEqual([[], [id]]);
    expect(await found({ name: 'serial', value: '3' })).toEqual([]);
    expect(await found(link)).toEqual([id]);
  });
});
