import { type RunningEnvironment, runEnvironment } from '../running-environment.ts';

describe('a descriptor with literals as Java names them', () => {
  let running: RunningEnvironment;
  beforeAll(async () => {
    running = await runEnvironment();
  });
  afterAll(() => running.stop());

  it('is stored with those of the metamodel; other literals stay', async () => {
    const security = { type: 'NONE', key: '', value: '' };
    const reference = (type: string, key: string) => ({ type, keys: [{ type: key, value: 'urn:meaning' }] });
    const descriptor = {
      id: 'urn:faaast:shell',
      assetKind: 'INSTANCE',
      submodelDescriptors: [
        {
          id: 'urn:faaast:submodel',
          semanticId: reference('EXTERNAL_REFERENCE', 'GLOBAL_REFERENCE'),
          endpoints: [
            {
              interface: 'SUBMODEL-3.0',
              protocolInformation: { href: 'http://127.0.0.1:1/x', securityAttributes: [security] },
            },
          ],
        },
      ],
    };

    const { status, body } = await running.call('POST', '/shell-descriptors', descriptor);

    const [submodel] = body.submodelDescriptors;
    expect([status, body.assetKind]).toEqual([201, 'Instance']);
    expect(submodel.semanticId).toEqual(reference('ExternalReference', 'GlobalReference'));
    expect(submodel.endpoints[0].protocolInformation.securityAttributes).toEqual([security]);
  });

  it('is still refused for what is no literal in any spelling', async () => {
    const { status } = await running.call('POST', '/shell-descriptors', {
      id: 'urn:x',
      assetKind: 'NOTHING',
    });

    expect(status).toBe(400);
  });
});
