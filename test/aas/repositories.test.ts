import { encodeIdentifier } from '../../aas/identifier-encoding.ts';
import {
  type RunningEnvironment,
  runEnvironment,
  submodel,
  submodelPath,
  text,
} from './running-environment.ts';

const SHELL = 'urn:test:shell:1';
const SUBMODEL = 'urn:test:submodel:?>';
const shellPath = (id: string, below = '') => `/shells/${encodeIdentifier(id)}${below}`;
const shell = (id: string, more: object = {}) => ({
  modelType: 'AssetAdministrationShell',
  id,
  idShort: 'Machine',
  assetInformation: {
    assetKind: 'Instance',
    globalAssetId: `${id}:asset`,
    specificAssetIds: [{ name: 'serial', value: '42' }],
  },
  ...more,
});
const reference = (id: string) => ({ type: 'ModelReference', keys: [{ type: 'Submodel', value: id }] });

let running: RunningEnvironment;
beforeAll(async () => {
  running = await runEnvironment();
});
afterAll(() => running.stop());

describe('the shell repository', () => {
  it('creates by POST, once, and by PUT where there is none', async () => {
    const posted = await running.call('POST', '/shells', shell(SHELL));
    const again = await running.call('POST', '/shells', shell(SHELL));
    const put = await running.call('PUT', shellPath('urn:test:shell:2'), shell('urn:test:shell:2'));
    const changed = await running.call(
      'PUT',
      shellPath('urn:test:shell:2'),
      shell('urn:test:shell:2', { idShort: 'B2' }),
    );

    expect([posted.status, again.status, put.status, changed.status]).toEqual([201, 409, 201, 204]);
    expect(posted.headers.get('location')).toBe(shellPath(SHELL));
    expect(posted.body).toEqual(shell(SHELL));
    expect(put.headers.get('location')).toBe(shellPath('urn:test:shell:2'));
    expect((await running.call('GET', '/shells?idShort=B2')).body.result).toHaveLength(1);
  });

  it('reads asset information, refuses another id than the path says, and deletes', async () => {
    const information = await running.call('GET', shellPath(SHELL, '/asset-information'));
    const wrong = await running.call('PUT', shellPath('urn:test:other'), shell(SHELL));
    const deleted = await running.call('DELETE', shellPath('urn:test:shell:2'));
    const gone = await running.call('DELETE', shellPath('urn:test:shell:2'));

    expect(information.body).toEqual(shell(SHELL).assetInformation);
    expect([wrong.status, deleted.status, gone.status]).toEqual([400, 204, 404]);
  });

  it('keeps references to submodels and serves those submodels below the shell', async () => {
    const superpath = shellPath(SHELL, `/submodels/${encodeIdentifier(SUBMODEL)}`);
    await running.call('POST', '/submodels', submodel(SUBMODEL, [text('Name', 'x')]));
    const before = await running.call('GET', superpath);
    const added = await running.call('POST', shellPath(SHELL, '/submodel-refs'), reference(SUBMODEL));
    const again = await running.call('POST', shellPath(SHELL, '/submodel-refs'), reference(SUBMODEL));
    const value = await running.call('GET', `${superpath}/submodel-elements/Name/$value`);
    const created = await running.call('POST', `${superpath}/submodel-elements`, text('More', 'y'));

    expect([before.status, added.status, again.status]).toEqual([404, 201, 409]);
    expect(value.body).toBe('x');
    expect(created.headers.get('location')).toBe(`${superpath}/submodel-elements/More`);
    expect((await running.call('GET', shellPath(SHELL, '/submodel-refs'))).body.result).toEqual([
      reference(SUBMODEL),
    ]);
    expect((await running.call('GET', shellPath(SHELL))).body.submodels).toEqual([reference(SUBMODEL)]);
  });

  it('takes a submodel that is deleted below a shell out of the shell as well', async () => {
    const superpath = shellPath(SHELL, `/submodels/${encodeIdentifier(SUBMODEL)}`);
    const deleted = await running.call('DELETE', superpath);

    expect(deleted.status).toBe(204);
    expect((await running.call('GET', submodelPath(SUBMODEL))).status).toBe(404);
    expect((await running.call('GET', shellPath(SHELL))).body.submodels).toBeUndefined();
  });

  it('removes a reference', async () => {
    await running.call('POST', shellPath(SHELL, '/submodel-refs'), reference('urn:elsewhere'));
    const path = shellPath(SHELL, `/submodel-refs/${encodeIdentifier('urn:elsewhere')}`);

    expect((await running.call('DELETE', path)).status).toBe(204);
    expect((await running.call('DELETE', path)).status).toBe(404);
  });

  it('finds shells by asset ids, all of which must match', async () => {
    const link = (name: string, value: string) => encodeIdentifier(JSON.stringify({ name, value }));
    const both = `assetIds=${link('serial', '42')}&assetIds=${link('globalAssetId', `${SHELL}:asset`)}`;
    const list = `assetIds=${link('serial', '42')},${link('globalAssetId', 'urn:none')}`;

    expect((await running.call('GET', `/shells?${both}`)).body.result).toHaveLength(1);
    expect((await running.call('GET', `/shells?${list}`)).body.result).toHaveLength(0);
    expect((await running.call('GET', `/lookup/shells?${both}`)).body.result).toEqual([SHELL]);
    const found = await running.call('POST', '/lookup/shellsByAssetLink', [{ name: 'serial', value: '42' }]);
    expect(found.body).toEqual({ paging_metadata: {}, result: [SHELL] });
    expect((await running.call('POST', '/lookup/shellsByAssetLink', [])).status).toBe(400);
    expect((await running.call('GET', `/lookup/shells/${encodeIdentifier(SHELL)}`)).body).toHaveLength(2);
  });
});

describe('identifiers in paths', () => {
  it('are read with and without padding', async () => {
    const id = 'urn:ab';
    await running.call('POST', '/submodels', submodel(id, []));
    const padded = Buffer.from(id).toString('base64').replaceAll('+', '-').replaceAll('/', '_');

    expect(padded).not.toBe(encodeIdentifier('urn:abc'));
    expect((await running.call('GET', `/submodels/${encodeIdentifier(id)}`)).status).toBe(200);
    expect((await running.call('GET', `/submodels/${encodeIdentifier(id)}==`)).status).toBe(200);
    expect(
      (await running.call('GET', `/submodels/${encodeURIComponent(`${encodeIdentifier(id)}=`)}`)).status,
    ).toBe(200);
  });

  it.each(['urn:plain', 'a', 'gA', '%E0%A4%A', '===='])(
    'are refused when they are not base64url: %s',
    async (id) => {
      const answer = await running.call('GET', `/submodels/${id}`);

      expect(answer.status).toBe(400);
      expect(answer.body.messages).toHaveLength(1);
    },
  );
});

describe('refusals', () => {
  it.each([
    ['GET', submodelPath('urn:unknown'), 404, 'E_AAS_NOT_FOUND'],
    ['GET', shellPath('urn:unknown'), 404, 'E_AAS_NOT_FOUND'],
    ['GET', '/nowhere', 404, 'E_AAS_NOT_FOUND'],
    ['PATCH', '/shells', 405, 'E_AAS_WRONG_METHOD'],
    ['POST', submodelPath('urn:unknown', '/$value'), 405, 'E_AAS_WRONG_METHOD'],
    ['POST', '/query/shells', 501, 'E_AAS_NOT_BUILT'],
    ['POST', submodelPath('urn:unknown', '/submodel-elements/Op/invoke-async'), 404, 'E_AAS_NOT_FOUND'],
    ['GET', '/submodels?limit=0', 400, 'E_INVALID_INPUT'],
    ['GET', '/submodels?limit=x', 400, 'E_INVALID_INPUT'],
    ['GET', '/submodels?cursor=nonsense', 400, 'E_INVALID_INPUT'],
    ['GET', '/submodels?semanticId=eA', 400, 'E_INVALID_INPUT'],
    ['POST', '/submodels', 400, 'E_INVALID_INPUT'],
  ])('of %s %s are Result bodies with %i %s', async (method, path, status, code) => {
    const answer = await running.call(method, path);

    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({
      messages: [
        {
          code,
          correlationId: expect.stringMatching(/^.{1,128}$/),
          messageType: expect.stringMatching(/^(Error|Exception)$/),
          text: expect.any(String),
          timestamp: expect.stringMatching(/Z$/),
        },
      ],
    });
  });

  it('name every fault of a submodel with its path', async () => {
    const faulty = submodel('urn:faulty', [
      { modelType: 'Property', idShort: 'Count', valueType: 'xs:int', value: 'x' },
      { modelType: 'Property', idShort: 'Count', valueType: 'xs:nothing' },
      { modelType: 'Unheard', idShort: 'Other' },
      { modelType: 'Property', valueType: 'xs:string' },
    ]);
    const { status, body } = await running.call('POST', '/submodels', faulty);

    expect(status).toBe(400);
    for (const path of ['/0/value', '/1/valueType', '/1/idShort', '/2/modelType', '/3/idShort']) {
      expect(body.messages[0].text).toContain(`/submodelElements${path}`);
    }
    expect((await running.call('GET', submodelPath('urn:faulty'))).status).toBe(404);
  });

  it('say what is wrong with a body that is no JSON or too large', async () => {
    const small = await runEnvironment({ bodyLimitBytes: 100 });
    const large = await small.call('POST', '/submodels', submodel('urn:x', [text('Name', 'y'.repeat(200))]));
    const broken = await fetch(`${small.server.url}/submodels`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"id":',
    });

    expect([large.status, broken.status]).toEqual([413, 400]);
    expect(large.body.messages).toHaveLength(1);
    await small.stop();
  });
});

describe('access', () => {
  it('lets pages of this machine read every answer, refusals and /description too', async () => {
    const headers = { origin: 'http://localhost:3000' };
    const description = await running.call('GET', '/description', undefined, headers);
    const refusal = await running.call('GET', '/nowhere', undefined, headers);
    const preflight = await running.call('OPTIONS', '/shells', undefined, headers);

    for (const answer of [description, refusal, preflight]) {
      expect(answer.headers.get('access-control-allow-origin')).toBe('http://localhost:3000');
    }
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
  });

  it('refuses foreign pages and foreign hosts', async () => {
    const page = await running.call('GET', '/shells', undefined, { origin: 'https://evil.example' });
    const { port } = running.server;
    const { request } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      request(
        { port, host: '127.0.0.1', path: '/shells', headers: { host: `evil.example:${port}` } },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      )
        .on('error', reject)
        .end();
    });

    expect(page.status).toBe(403);
    expect(page.headers.get('access-control-allow-origin')).toBeNull();
    expect(status).toBe(403);
  });

  it('leaves the policy to the guard that the caller gives', async () => {
    const { CodedError } = await import('../../runtime/errors.ts');
    const guarded = await runEnvironment({
      guard: (request, _response, next) => {
        const allowed = request.get('authorization') === 'Bearer secret';
        next(allowed ? undefined : new CodedError('E_UNAUTHORIZED', 'a token is needed'));
      },
    });

    const without = await guarded.call('GET', '/shells');
    const withToken = await guarded.call('GET', '/shells', undefined, { authorization: 'Bearer secret' });

    expect(without.status).toBe(401);
    expect(without.headers.get('www-authenticate')).toBe('Bearer');
    expect(without.body.messages[0].code).toBe('E_UNAUTHORIZED');
    expect(withToken.status).toBe(200);
    await guarded.stop();
  });

  it('is not opened to other machines without a guard', async () => {
    await expect(runEnvironment({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'E_HOST_WITHOUT_TOKEN' });
  });
});
