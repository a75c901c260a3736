import { encodeIdentifier } from '../../aas/identifier-encoding.ts';
import type { Change } from '../../aas/server/changes/change-feed.ts';
import {
  elementPath,
  type RunningEnvironment,
  runEnvironment,
  submodel,
  submodelPath,
  text,
} from './running-environment.ts';

const ID = 'urn:watched';
let running: RunningEnvironment;
let changes: Change[];
let end: () => void;
beforeAll(async () => {
  running = await runEnvironment();
});
afterAll(() => running.stop());
beforeEach(async () => {
  const file = { modelType: 'File', idShort: 'Drawing', contentType: 'text/plain' };
  await running.call('PUT', submodelPath(ID), submodel(ID, [text('Name', 'x'), file]));
  changes = [];
  end = running.environment.onChange((change) => changes.push(change));
});
afterEach(() => end());

const element = (idShortPath: string) => ({ thing: 'element', id: ID, idShortPath });

describe('changes inside the process', () => {
  it('tell how each came about', async () => {
    await running.call('PUT', elementPath(ID, 'Name'), text('Name', 'y'));
    await running.call('PATCH', elementPath(ID, 'Name'), { category: 'x' });
    await running.call('PATCH', elementPath(ID, 'Name', '/$metadata'), { category: 'y' });
    await running.call('PATCH', elementPath(ID, 'Name', '/$value'), 'z');
    await running.call('POST', submodelPath(ID, '/submodel-elements'), text('Fresh', 'x'));
    const form = new FormData();
    form.set('file', new Blob(['x']), 'x.txt');
    const url = `${running.server.url}${elementPath(ID, 'Drawing', '/attachment')}`;
    await fetch(url, { method: 'PUT', body: form });
    await running.call('DELETE', elementPath(ID, 'Fresh'));
    await running.call('PATCH', submodelPath(ID, '/$value'), { Name: 'w' });
    await running.call('DELETE', submodelPath(ID));

    expect(changes).toEqual([
      { kind: 'updated', cause: 'put', ...element('Name') },
      { kind: 'updated', cause: 'patch', ...element('Name') },
      { kind: 'updated', cause: 'metadata', ...element('Name') },
      { kind: 'updated', cause: 'value', ...element('Name') },
      { kind: 'created', cause: 'post', ...element('Fresh') },
      { kind: 'updated', cause: 'attachment', ...element('Drawing') },
      { kind: 'deleted', cause: 'delete', ...element('Fresh') },
      { kind: 'updated', cause: 'value', thing: 'submodel', id: ID },
      { kind: 'deleted', cause: 'delete', thing: 'submodel', id: ID },
    ]);
  });

  it('tell of shells, concept descriptions, registries and discovery', async () => {
    const id = 'urn:watched:other';
    const encoded = encodeIdentifier(id);
    const endpoints = [{ interface: 'AAS-3.0', protocolInformation: { href: 'http://elsewhere.example' } }];
    await running.call('PUT', `/shells/${encoded}`, { id, assetInformation: { assetKind: 'Instance' } });
    await running.call('POST', '/concept-descriptions', { id });
    await running.call('POST', '/submodel-descriptors', { id, endpoints });
    await running.call('POST', `/lookup/shells/${encoded}`, []);

    expect(changes).toEqual([
      { kind: 'created', cause: 'put', thing: 'shell', id },
      { kind: 'created', cause: 'post', thing: 'concept-description', id },
      { kind: 'created', cause: 'post', thing: 'submodel-descriptor', id },
      { kind: 'updated', cause: 'post', thing: 'asset-links', id },
    ]);
  });

  it('tell nothing of a write that was undone', async () => {
    const refused = await running.call('PATCH', submodelPath(ID), {
      submodelElements: [{ idShort: 'Name', value: 'y' }, { idShort: 'Half' }],
    });
    await running.call('PATCH', elementPath(ID, 'Name', '/$value'), 'z');

    expect(refused.status).toBe(400);
    expect(changes).toEqual([{ kind: 'updated', cause: 'value', ...element('Name') }]);
  });

  it('mark what we publish ourselves', async () => {
    await running.environment.apply({
      submodels: [{ modelType: 'Submodel', id: 'urn:watched:published', idShort: 'Published' }],
    });

    expect(changes).toEqual([
      { kind: 'created', cause: 'publication', thing: 'submodel', id: 'urn:watched:published' },
    ]);
  });
});
