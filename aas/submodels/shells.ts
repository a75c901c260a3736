import type { Shell, SpecificAssetId } from '../model.ts';
import { modelReference, submodelReference } from '../references.ts';
import { idShortOf } from './elements.ts';

interface ShellValues {
  readonly id: string;
  /** Ids of its submodels, in order. */
  readonly submodelIds: readonly string[];
}

/** A federation's shell; found by the asset id `federation`. */
export function federationShell(values: ShellValues & { readonly federation: string }): Shell {
  return shell(values, `Federation_${values.federation}`, 'federation', [
    { name: 'federation', value: values.federation },
  ]);
}

/** A participant's shell; found by the asset id `participant`. */
export function participantShell(values: ShellValues & { readonly participant: string }): Shell {
  return shell(values, `Participant_${values.participant}`, 'participant', [
    { name: 'participant', value: values.participant },
  ]);
}

/** The aggregator's own shell; found by the asset id `aggregator`, the installation's id. */
export function aggregatorShell(values: ShellValues & { readonly installation: string }): Shell {
  return shell(values, 'Aggregator', 'aggregator', [{ name: 'aggregator', value: values.installation }]);
}

/** The global asset id that a shell of ours names. */
export function globalAssetIdOf(shellId: string): string {
  return `${shellId}${/^https?:/.test(shellId) ? '/' : ':'}asset`;
}

interface ModelVersionShellValues extends ShellValues {
  readonly federation: string;
  readonly group: string;
  /** From 0. */
  readonly number: number;
  /** Of the model file, 64 hex digits. */
  readonly sha256: string;
  /** Shell of the version that this one was trained from. */
  readonly parentShellId?: string;
}

/** A model version's shell; found by `modelFederation`, `modelGroup`, `modelVersion` and `modelSha256`. */
export function modelVersionShell(values: ModelVersionShellValues): Shell {
  const { federation, group, number, sha256, parentShellId } = values;
  const own = shell(values, `Model_${federation}_${group}_${number}`, 'model-version', [
    { name: 'modelFederation', value: federation },
    { name: 'modelGroup', value: group },
    { name: 'modelVersion', value: String(number) },
    { name: 'modelSha256', value: sha256 },
  ]);
  if (parentShellId === undefined) return own;
  return { ...own, derivedFrom: modelReference({ type: 'AssetAdministrationShell', value: parentShellId }) };
}

function shell(
  { id, submodelIds }: ShellValues,
  idShort: string,
  kind: string,
  specificAssetIds: readonly SpecificAssetId[],
): Shell {
  return {
    modelType: 'AssetAdministrationShell',
    id,
    idShort: idShortOf(idShort),
    assetInformation: {
      assetKind: 'Instance',
      globalAssetId: globalAssetIdOf(id),
      specificAssetIds,
      assetType: `urn:fedshell:asset-type:${kind}`,
    },
    ...(submodelIds.length === 0 ? {} : { submodels: submodelIds.map(submodelReference) }),
  };
}
