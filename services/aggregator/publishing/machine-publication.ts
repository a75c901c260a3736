import type { Reference, Submodel } from '../../../aas/model.ts';
import { machineInterface, machineSignal } from '../../../aas/submodels/asset-interfaces.ts';
import { digitalNameplate } from '../../../aas/submodels/digital-nameplate.ts';
import { uniqueIdShorts } from '../../../aas/submodels/elements.ts';
import { interfaceMapping } from '../../../aas/submodels/interface-mapping.ts';
import { globalAssetIdOf } from '../../../aas/submodels/shells.ts';
import { softwareNameplate } from '../../../aas/submodels/software-nameplate.ts';
import { machineSeries, signalColumn } from '../../../aas/submodels/time-series.ts';
import type { Schemas } from '../../../openapi/schemas.ts';
import { present } from '../store/present.ts';
import type { PublicationContext } from './publication-context.ts';

type MachineInterface = Schemas['MachineInterface'];

/** IdShorts of the submodels on a participant's machine; each is there only as its trainer file allows. */
const MACHINE_SUBMODELS = [
  'AssetInterfacesDescription',
  'AssetInterfacesMappingConfiguration',
  'TimeSeries',
  'Nameplate',
  'SoftwareNameplate',
] as const;

type MachineSubmodel = (typeof MACHINE_SUBMODELS)[number];

/** Ids of all submodels that a participant's machine may have. */
export function machineSubmodelIds(context: PublicationContext, participant: string): readonly string[] {
  return MACHINE_SUBMODELS.map((idShort) => idOf(context, participant, idShort));
}

/** What the trainer file lets the AAS show of a participant's machine, and the software that trains. */
export function machineSubmodels(
  context: PublicationContext,
  participant: string,
  pool: string,
): readonly Submodel[] {
  const { participants, ids } = context;
  const published = participants.publishedOf(participant);
  const nameplate = published?.nameplate;
  return [
    ...(published?.interface === undefined ? [] : interfaces(context, participant, published.interface)),
    ...(nameplate === undefined
      ? []
      : [
          digitalNameplate({
            uriOfTheProduct: globalAssetIdOf(ids.participant(participant)),
            ...nameplate,
            id: idOf(context, participant, 'Nameplate'),
          }),
        ]),
    ...software(context, participant, pool),
  ];
}

/** References to the published signals that a data set is made of. */
export function collectorsOf(
  context: PublicationContext,
  participant: string,
  signal: string,
): readonly Reference[] {
  const signals = context.participants.publishedOf(participant)?.interface?.signals ?? [];
  const idShorts = uniqueIdShorts(signals.map(({ name }) => name));
  const id = idOf(context, participant, 'AssetInterfacesDescription');
  return signals.flatMap(({ name }, index) => (name === signal ? [machineSignal(id, idShorts[index]!)] : []));
}

function interfaces(
  context: PublicationContext,
  participant: string,
  values: MachineInterface,
): readonly Submodel[] {
  const { endpoint, signals } = values;
  const description = machineInterface(idOf(context, participant, 'AssetInterfacesDescription'), {
    title: `OPC UA server of ${participant}`,
    ...values,
  });
  const series = machineSeries({
    id: idOf(context, participant, 'TimeSeries'),
    participant,
    endpoint,
    signals,
  });
  const mapping = interfaceMapping(
    idOf(context, participant, 'AssetInterfacesMappingConfiguration'),
    uniqueIdShorts(signals.map(({ name }) => name)).map((idShort) => ({
      name: idShort,
      source: machineSignal(description.id, idShort),
      sink: signalColumn(series.id, idShort),
    })),
  );
  return [description, series, mapping];
}

function software(context: PublicationContext, participant: string, poolId: string): readonly Submodel[] {
  const pool = context.store.pools.get(poolId);
  if (pool?.software === undefined || pool.createdAt === undefined) return [];
  const { library, backend, build, node } = pool.numerics;
  return [
    softwareNameplate(
      present({
        id: idOf(context, participant, 'SoftwareNameplate'),
        designation: 'FedShell trainer',
        version: pool.software,
        instanceName: `trainer of pool ${pool.id}`,
        installationDate: pool.createdAt.slice(0, 10),
        modules: [library, `${backend} ${build}`, `Node.js ${node}`],
      }),
    ),
  ];
}

function idOf({ ids }: PublicationContext, participant: string, idShort: MachineSubmodel): string {
  return ids.submodel(ids.participant(participant), idShort);
}
