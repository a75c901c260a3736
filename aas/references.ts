import type { Key, Reference } from './model.ts';

/** A reference to a concept or thing outside the AAS, as semanticIds are. */
export function externalReference(value: string): Reference {
  return { type: 'ExternalReference', keys: [{ type: 'GlobalReference', value }] };
}

/** A reference to a shell, a submodel or an element below one. The first key is the identifiable. */
export function modelReference(...keys: readonly Key[]): Reference {
  return { type: 'ModelReference', keys };
}

/** The reference by which a shell names one of its submodels. */
export function submodelReference(submodelId: string): Reference {
  return modelReference({ type: 'Submodel', value: submodelId });
}

/** The reference to a shell. */
export function shellReference(shellId: string): Reference {
  return modelReference({ type: 'AssetAdministrationShell', value: shellId });
}

/** What of a reference is compared: its key values. Templates and tools disagree about key types. */
export function referenceText(reference: Reference): string {
  return reference.keys.map((key) => key.value).join('\n');
}
