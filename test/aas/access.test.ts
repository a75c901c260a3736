import { encodeIdentifier } from '../../aas/identifier-encoding.ts';
import type { AccessQuestion } from '../../aas/server/access/access-control.ts';
import { elementPath, runEnvironment, submodel, submodelPath, text } from './running-environment.ts';

const TOKEN = 'a-long-and-secret-token';
const bearer = { authorization: `Bearer ${TOKEN}` };

describe('the access decision', () => {
  it('is asked for every request, with caller, right, route and object', async () => {
    const questions: AccessQuestion[] = [];
    const running = await runEnvironment({
      single: { submodel: 'urn:one' },
      access: {
        identify: () => ({ known: true, roles: ['tester'] }),
        decide: (question) => {
          questions.push(question);
          return 'allow';
        },
      },
    });
    const id = 'urn:asked';
    await running.call('PUT', submodelPath(id), submodel(id, [text('Name', 'x')]));
    await running.call('GET', `/api/v3.1${elementPath(id, 'Name', '/$value')}`);
    await running.call('POST', elementPath(id, 'Name', '/invoke-async'), {});
    await running.call('POST', '/lookup/shellsByAssetLink', [{ name: 'a', value: 'b' }]);
    await running.call('DELETE', `/shells/${encodeIdentifier('urn:s')}/submodels/${encodeIdentifier(id)}`);
    await running.call('DELETE', elementPath(id, 'Name', '/attachment'));
    await running.call('GET', '/submodel');
    await running.call('GET', '/nowhere');
    await running.stop();

    const element = '/submodels/:submodelIdentifier/submodel-elements/:idShortPath';
    expect(questions.map(({ operation, route, object }) => [operation, route, object])).toEqual([
      ['UPDATE', '/submodels/:submodelIdentifier', { submodelId: id }],
      ['READ', `${element}/$value`, { submodelId: id, idShortPath: 'Name' }],
      ['EXECUTE', `${element}/invoke-async`, { submodelId: id, idShortPath: 'Name' }],
      ['READ', '/lookup/shellsByAssetLink', {}],
      [
        'DELETE',
        '/shells/:aasIdentifier/submodels/:submodelIdentifier',
        { shellId: 'urn:s', submodelId: id },
      ],
      ['UPDATE', `${element}/attachment`, { submodelId: id, idShortPath: 'Name' }],
      ['READ', '/submodel', { submodelId: 'urn:one' }],
      ['READ', undefined, {}],
    ]);
    expect(questions[0]?.caller).toEqual({ known: true, roles: ['tester'] });
  });

  it('comes before the body: what is refused is not read', async () => {
    const running = await runEnvironment({ apiToken: TOKEN, bodyLimitBytes: 100 });
    const large = submodel('urn:large', [text('Name', 'x'.repeat(1000))]);

    expect((await running.call('POST', '/submodels', large)).status).toBe(401);
    expect((await running.call('POST', '/submodels', large, bearer)).status).toBe(413);
    await running.stop();
  });
});

describe('a server with a token', () => {
  it('answers who shows it, and tells others how', async () => {
    const running = await runEnvironment({ apiToken: TOKEN });
    const without = await running.call('GET', '/description');
    const wrong = await running.call('GET', '/description', undefined, { authorization: 'Bearer other' });

    expect([without.status, wrong.status]).toEqual([401, 401]);
    expect(without.headers.get('www-authenticate')).toBe('Bearer');
    expect((await running.call('GET', '/description', undefined, bearer)).status).toBe(200);
    await running.stop();
  });
});

describe('pages of other origins', () => {
  const origin = 'https://ui.example';

  it.each([
    ['that are allowed', ['https://ui.example'], 'https://ui.example'],
    ['that are not', ['https://other.example'], null],
  ])('%s read every answer or none', async (_what, allowedOrigins, expected) => {
    const running = await runEnvironment({ apiToken: TOKEN, allowedOrigins });
    const answers = [
      await running.call('GET', '/description', undefined, { ...bearer, origin }),
      await running.call('GET', '/shells', undefined, { origin }),
      await running.call('GET', '/nowhere', undefined, { ...bearer, origin }),
      await running.call('PATCH', '/shells', {}, { ...bearer, origin }),
      await running.call('OPTIONS', '/shells', undefined, { origin }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 401, 404, 405, 204]);
    for (const { headers } of answers) {
      expect(headers.get('access-control-allow-origin')).toBe(expected);
      expect(headers.get('vary')).toContain('Origin');
    }
    const exposed = answers[0]?.headers.get('access-control-expose-headers') ?? '';
    expect(exposed.split(', ')).toEqual(expect.arrayContaining(['Location', 'ETag']));
    await running.stop();
  });

  it('are let in without a token where the settings name them, and may write', async () => {
    const running = await runEnvironment({ allowedOrigins: [origin] });
    const named = await running.call('POST', '/submodels', submodel('urn:page', []), { origin });
    const other = await running.call('GET', '/shells', undefined, { origin: 'https://evil.example' });

    expect([named.status, other.status]).toEqual([201, 403]);
    expect(named.headers.get('access-control-allow-origin')).toBe(origin);
    await running.stop();
  });

  it('are all let in by * only with a token', async () => {
    await expect(runEnvironment({ allowedOrigins: ['*'] })).rejects.toMatchObject({
      code: 'E_INVALID_INPUT',
    });
    await expect(runEnvironment({ allowedOrigins: ['ui.example/page'] })).rejects.toMatchObject({
      code: 'E_INVALID_INPUT',
    });
    const running = await runEnvironment({ apiToken: TOKEN, allowedOrigins: ['*'] });
    const answer = await running.call('GET', '/shells', undefined, { ...bearer, origin });

    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    await running.stop();
  });
});

describe('separate ports', () => {
  it('serve one service each, and describe no other', async () => {
    const running = await runEnvironment({
      separatePorts: { shellRegistry: 0, submodelRegistry: 0, discovery: 0 },
    });
    const { port, separatePorts } = running.server;
    const at = async (p: number | undefined, path: string) => {
      const response = await fetch(`http://127.0.0.1:${p}${path}`);
      // What the answers hold is what the test asserts.
      return { status: response.status, body: JSON.parse(await response.text()) };
    };
    await running.call('PUT', submodelPath('urn:s'), submodel('urn:s', []));
    const described = await at(separatePorts?.discovery, '/description');
    const registered = await at(separatePorts?.submodelRegistry, '/submodel-descriptors');

    expect(new Set([port, ...Object.values(separatePorts ?? {})]).size).toBe(4);
    expect(described.body.profiles.every((id: string) => id.includes('Discovery'))).toBe(true);
    expect(registered.body.result[0].endpoints[0].protocolInformation.href).toBe(
      `${running.server.url}${submodelPath('urn:s')}`,
    );
    expect((await at(separatePorts?.shellRegistry, '/shell-descriptors')).status).toBe(200);
    expect((await at(separatePorts?.shellRegistry, '/shells')).status).toBe(404);
    expect((await at(separatePorts?.discovery, '/shell-descriptors')).status).toBe(404);
    await running.stop();
  });
});
