import { encodeIdentifier } from '../../aas/identifier-encoding.ts';
import { type RunningEnvironment, runEnvironment, submodel, submodelPath } from './running-environment.ts';

const endpoints = [
  {
    interface: 'SUBMODEL-3.0',
    protocolInformation: { href: 'http://elsewhere.example/submodel', endpointProtocol: 'HTTP' },
  },
];
const inner = { id: 'urn:foreign:submodel', idShort: 'Foreign', endpoints };
const outer = {
  id: 'urn:foreign:shell',
  assetKind: 'Type',
  assetType: 'urn:kind:press',
  globalAssetId: 'urn:asset',
  submodelDescriptors: [inner],
};
const shellPath = (id: string) => `/shell-descriptors/${encodeIdentifier(id)}`;

let running: RunningEnvironment;
beforeAll(async () => {
  running = await runEnvironment();
});
afterAll(() => running.stop());

describe('the registries', () => {
  it('keep what a foreign server registers, as it wrote it', async () => {
    const posted = await running.call('POST', '/shell-descriptors', outer);
    const again = await running.call('POST', '/shell-descriptors', outer);
    const alone = await running.call('PUT', `/submodel-descriptors/${encodeIdentifier(inner.id)}`, inner);
    const changed = await running.call('PUT', shellPath(outer.id), { ...outer, idShort: 'Press' });

    expect([posted.status, again.status, alone.status, changed.status]).toEqual([201, 409, 201, 204]);
    expect(posted.headers.get('location')).toBe(shellPath(outer.id));
    expect((await running.call('GET', shellPath(outer.id))).body).toEqual({ ...outer, idShort: 'Press' });
    const list = await running.call('GET', '/submodel-descriptors');
    expect(list.body).toEqual({ paging_metadata: {}, result: [inner] });
  });

  it('narrow shell descriptors by asset kind and asset type', async () => {
    const count = async (query: string) =>
      (await running.call('GET', `/shell-descriptors?${query}`)).body.result.length;

    expect(await count('assetKind=Type')).toBe(1);
    expect(await count('assetKind=Instance')).toBe(0);
    expect(await count(`assetType=${encodeIdentifier('urn:kind:press')}`)).toBe(1);
    expect(await count(`assetType=${encodeIdentifier('urn:kind:other')}`)).toBe(0);
  });

  it('read and write the submodel descriptors inside a shell descriptor', async () => {
    const base = `${shellPath(outer.id)}/submodel-descriptors`;
    const other = { ...inner, id: 'urn:foreign:other' };
    const posted = await running.call('POST', base, other);
    const listed = await running.call('GET', `${base}?limit=1`);
    const deleted = await running.call('DELETE', `${base}/${encodeIdentifier(other.id)}`);
    const gone = await running.call('GET', `${base}/${encodeIdentifier(other.id)}`);

    expect([posted.status, deleted.status, gone.status]).toEqual([201, 204, 404]);
    expect(listed.body.result).toEqual([inner]);
    expect(listed.body.paging_metadata.cursor).toEqual(expect.any(String));
  });

  it('refuse a descriptor without endpoints, and one under another id', async () => {
    const { endpoints: _none, ...without } = inner;

    expect((await running.call('POST', '/submodel-descriptors', without)).status).toBe(400);
    expect((await running.call('PUT', shellPath('urn:other'), outer)).status).toBe(400);
  });

  it('follow the repositories, until somebody writes an entry of their own', async () => {
    const id = 'urn:own:submodel';
    const path = `/submodel-descriptors/${encodeIdentifier(id)}`;
    await running.call('PUT', submodelPath(id), submodel(id, [], { idShort: 'First' }));
    await running.call('PUT', submodelPath(id), submodel(id, [], { idShort: 'Second' }));
    const derived = await running.call('GET', path);
    const written = await running.call('POST', '/submodel-descriptors', { id, idShort: 'Mine', endpoints });
    await running.call('DELETE', submodelPath(id));
    const kept = await running.call('GET', path);

    expect(derived.body.idShort).toBe('Second');
    expect(derived.body.endpoints[0].protocolInformation.href).toBe(
      `${running.server.url}${submodelPath(id)}`,
    );
    expect(written.status).toBe(201);
    expect(kept.body).toEqual({ id, idShort: 'Mine', endpoints });
  });

  it('lose the entry of a submodel that is deleted', async () => {
    const id = 'urn:own:short-lived';
    await running.call('PUT', submodelPath(id), submodel(id, []));
    await running.call('DELETE', submodelPath(id));

    expect((await running.call('GET', `/submodel-descriptors/${encodeIdentifier(id)}`)).status).toBe(404);
  });
});
