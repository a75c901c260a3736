import { objectIn, objectsIn, type Rule } from './rule.ts';

const ASSETS = { types: ['AssetInformation'] };

/** What holds for assets, entities and administration. */
export const ASSET_RULES: readonly Rule[] = [
  {
    rule: 'AASd-005',
    on: { types: ['AdministrativeInformation'] },
    check: ({ object }) =>
      object['revision'] !== undefined && object['version'] === undefined
        ? 'a revision needs a version'
        : undefined,
  },
  {
    rule: 'AASd-014',
    on: { types: ['Entity'] },
    check: ({ object }) => {
      const identified =
        object['globalAssetId'] !== undefined || objectsIn(object, 'specificAssetIds').length > 0;
      return object['entityType'] === 'SelfManagedEntity' && !identified
        ? 'a SelfManagedEntity needs a globalAssetId or a specificAssetId'
        : undefined;
    },
  },
  {
    // Metamodel 3.0 has AASd-014 stricter: one of the two, and none of them for others.
    rule: 'AASd-014',
    on: { types: ['Entity'] },
    severity: 'warning',
    check: ({ object }) => {
      const global = object['globalAssetId'] !== undefined;
      const specific = object['specificAssetIds'] !== undefined;
      if (object['entityType'] === 'SelfManagedEntity') {
        return global && specific
          ? 'metamodel 3.0 allows only one of globalAssetId and specificAssetIds'
          : undefined;
      }
      return global || specific
        ? 'metamodel 3.0 allows globalAssetId and specificAssetIds only for a SelfManagedEntity'
        : undefined;
    },
  },
  {
    rule: 'AASd-116',
    on: ASSETS,
    check: ({ object }) => {
      const wrong = objectsIn(object, 'specificAssetIds').findIndex(
        ({ name, value }) =>
          String(name).toLowerCase() === 'globalassetid' && value !== object['globalAssetId'],
      );
      return wrong < 0
        ? undefined
        : {
            at: `/specificAssetIds/${wrong}`,
            message: 'the name globalAssetId is reserved for the value of globalAssetId',
          };
    },
  },
  {
    rule: 'AASd-131',
    on: ASSETS,
    check: ({ object }) =>
      object['globalAssetId'] === undefined && objectsIn(object, 'specificAssetIds').length === 0
        ? 'an asset needs a globalAssetId or a specificAssetId'
        : undefined,
  },
  {
    rule: 'AASd-133',
    on: { types: ['SpecificAssetId'] },
    check: ({ object }) => {
      const subject = objectIn(object, 'externalSubjectId');
      return subject === undefined || subject['type'] === 'ExternalReference'
        ? undefined
        : { at: '/externalSubjectId', message: 'must be an external reference' };
    },
  },
];
