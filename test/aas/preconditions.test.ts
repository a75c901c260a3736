import { encodeIdentifier } from '../../aas/identifier-encoding.ts';
import {
  elementPath,
  integer,
  type RunningEnvironment,
  runEnvironment,
  submodel,
  submodelPath,
  text,
} from './running-environment.ts';

const ID = 'urn:tagged';
let running: RunningEnvironment;
beforeAll(async () => {
  running = await runEnvironment();
});
afterAll(() => running.stop());
beforeEach(async () => {
  const blob = { modelType: 'Blob', idShort: 'Bytes', contentType: 'text/plain', value: 'AAAA' };
  await running.call(
    'PUT',
    submodelPath(ID),
    submodel(ID, [text('Name', 'press'), integer('Count', 1), blob]),
  );
});

const tagOf = async (path: string) => (await running.call('GET', path)).headers.get('etag') ?? '';
const write = (method: string, path: string, body: unknown, headers: Record<string, string>) =>
  running.call(method, path, body, headers);

describe('ETag and If-Match', () => {
  it('let a write pass that knows the element as it is, and no other', async () => {
    const path = elementPath(ID, 'Count', '/$value');
    const tag = await tagOf(path);
    const first = await write('PATCH', path, 2, { 'if-match': tag });
    const second = await write('PATCH', path, 3, { 'if-match': tag });

    expect(tag).toMatch(/^".+"$/);
    expect([first.status, second.status]).toEqual([204, 412]);
    expect(second.body.messages[0].code).toBe('E_PRECONDITION_FAILED');
    expect((await running.call('GET', path)).body).toBe(2);
  });

  it('are the same for an element and its value, and do not change with its neighbours', async () => {
    const before = await tagOf(elementPath(ID, 'Name'));
    await write('PATCH', elementPath(ID, 'Count', '/$value'), 5, {});

    expect(await tagOf(elementPath(ID, 'Name'))).toBe(before);
    expect(await tagOf(elementPath(ID, 'Name', '/$value'))).toBe(before);
  });

  it('of a submodel change with every element, the bytes of a Blob too, which are not shown', async () => {
    const before = await tagOf(submodelPath(ID));
    await write('PATCH', elementPath(ID, 'Bytes'), { value: 'BBBB' }, {});

    expect(await tagOf(submodelPath(ID))).not.toBe(before);
    expect((await write('DELETE', submodelPath(ID), undefined, { 'if-match': before })).status).toBe(412);
  });

  it.each(['shells', 'concept-descriptions'])('hold for %s', async (kind) => {
    const id = `urn:tagged:${kind}`;
    const path = `/${kind}/${encodeIdentifier(id)}`;
    const object = kind === 'shells' ? { id, assetInformation: { assetKind: 'Instance' } } : { id };
    await write('PUT', path, object, {});
    const tag = await tagOf(path);
    const stale = await write('PUT', path, { ...object, category: 'x' }, { 'if-match': '"other"' });
    const known = await write('PUT', path, { ...object, category: 'x' }, { 'if-match': `"other", ${tag}` });

    expect([stale.status, known.status]).toEqual([412, 204]);
  });

  it('create only what is not there with If-None-Match: *', async () => {
    const path = submodelPath('urn:tagged:new');
    const first = await write('PUT', path, submodel('urn:tagged:new', []), { 'if-none-match': '*' });
    const second = await write('PUT', path, submodel('urn:tagged:new', []), { 'if-none-match': '*' });
    const unknown = await write('PUT', submodelPath('urn:tagged:not'), submodel('urn:tagged:not', []), {
      'if-match': '*',
    });

    expect([first.status, second.status, unknown.status]).toEqual([201, 412, 412]);
  });
});
