import type { Publication } from '../../../aas/publication.ts';
import { type HttpInterface, httpInterfaces } from '../../../aas/submodels/asset-interfaces.ts';
import { conceptDescriptions } from '../../../aas/submodels/concept-descriptions.ts';
import { aggregatorShell } from '../../../aas/submodels/shells.ts';
import { softwareNameplate } from '../../../aas/submodels/software-nameplate.ts';
import type { PublicationContext } from './publication-context.ts';

/** The aggregator's own shell: its software, how it is reached, and what our own semantic ids mean. */
export function aggregatorPublication(context: PublicationContext): Publication {
  const { ids, store, software } = context;
  const shellId = ids.aggregator();
  const submodels = [
    softwareNameplate({
      id: ids.submodel(shellId, 'SoftwareNameplate'),
      designation: 'FedShell aggregator',
      version: software,
      instanceName: `installation ${store.installationId}`,
      installationDate: store.installedAt.slice(0, 10),
      modules: [`Node.js ${process.versions.node}`, `${process.platform} ${process.arch}`],
    }),
    httpInterfaces(ids.submodel(shellId, 'AssetInterfacesDescription'), interfacesOf(context)),
  ];
  return {
    conceptDescriptions: conceptDescriptions(),
    shells: [
      aggregatorShell({
        id: shellId,
        installation: store.installationId,
        submodelIds: submodels.map(({ id }) => id),
      }),
    ],
    submodels,
  };
}

function interfacesOf({ urls, needsToken }: PublicationContext): readonly HttpInterface[] {
  const security = needsToken ? ('bearer' as const) : ('none' as const);
  const api = urls.api();
  return [
    ...(api === undefined
      ? []
      : [
          {
            idShort: 'InterfaceHTTP',
            title: 'Aggregator API; openApi describes all of it',
            base: `${api}/`,
            security,
            properties: [
              { name: 'openApi', type: 'object', href: 'openapi.json' },
              { name: 'status', type: 'object', href: 'api/status' },
              { name: 'federations', type: 'array', href: 'api/federations' },
              { name: 'participants', type: 'array', href: 'api/participants' },
              { name: 'runs', type: 'array', href: 'api/runs' },
              {
                name: 'events',
                title: 'Runs, participants and versions as they change',
                type: 'object',
                href: 'api/events',
                contentType: 'text/event-stream',
                subprotocol: 'sse',
              },
            ],
          },
        ]),
    {
      idShort: 'InterfaceAAS',
      title: 'Asset Administration Shell API 3.1 (IDTA-01002)',
      base: `${urls.aas}/`,
      security,
      properties: [
        { name: 'description', type: 'object', href: 'description' },
        { name: 'shells', type: 'object', href: 'shells' },
        { name: 'submodels', type: 'object', href: 'submodels' },
        { name: 'conceptDescriptions', type: 'object', href: 'concept-descriptions' },
        { name: 'shellDescriptors', type: 'object', href: 'shell-descriptors' },
        { name: 'submodelDescriptors', type: 'object', href: 'submodel-descriptors' },
      ],
    },
  ];
}
