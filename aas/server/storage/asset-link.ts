/** A name and value by which an asset's shells are found: a specificAssetId, or `globalAssetId`. */
export interface AssetLink {
  readonly name: string;
  readonly value: string;
}
