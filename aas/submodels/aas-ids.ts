/** Ids of our shells and submodels, all below one base. */
export interface AasIds {
  federation(federation: string): string;
  participant(participant: string): string;
  /** The aggregator itself. */
  aggregator(): string;
  /** A model version: `group` is `main` unless a strategy keeps several models; `number` from 0. */
  model(federation: string, group: string, number: number): string;
  /** A submodel of one of the shells above, by its idShort. */
  submodel(shellId: string, idShort: string): string;
}

/**
 * Builds ids below `idBase`, joined by `/` where it is an http address and by `:` elsewhere.
 * @param idBase such as `urn:fedshell:1f0c…` or `https://plant.example/fl`.
 */
export function aasIds(idBase: string): AasIds {
  const separator = /^https?:\/\//.test(idBase) ? '/' : ':';
  const base = idBase.endsWith(separator) ? idBase.slice(0, -1) : idBase;
  const join = (...parts: readonly (string | number)[]) => [base, ...parts].join(separator);
  return {
    federation: (federation) => join('federation', federation),
    participant: (participant) => join('participant', participant),
    aggregator: () => join('aggregator'),
    model: (federation, group, number) => join('model', federation, group, number),
    submodel: (shellId, idShort) => `${shellId}${separator}${idShort}`,
  };
}
