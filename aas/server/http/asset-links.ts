import type { Request } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import { checkModel } from '../../check-model.ts';
import { decodeIdentifier } from '../../identifier-encoding.ts';
import type { AssetLink } from '../storage/asset-link.ts';
import { queryValues } from './request-values.ts';

const MOST_LINKS = 16;

/** Checks a list of `{name, value}`. @throws CodedError `E_INVALID_INPUT` */
export function checkAssetLinks(value: unknown): readonly AssetLink[] {
  if (!Array.isArray(value) || value.length > MOST_LINKS) {
    throw new CodedError(
      'E_INVALID_INPUT',
      `expected a list of at most ${MOST_LINKS} asset links {name, value}`,
    );
  }
  return (value as readonly unknown[]).map((item) => {
    // Checked just here; further members, such as a semanticId, are kept.
    return checkModel(item, 'SpecificAssetId') as unknown as AssetLink;
  });
}

/** The filter `assetIds`: repeated or separated by commas, each base64url of JSON `{name, value}`. */
export function assetLinksOf(request: Request): readonly AssetLink[] {
  const encoded = queryValues(request, 'assetIds').flatMap((item) => item.split(','));
  return checkAssetLinks(encoded.map((item) => parseLink(decodeIdentifier(item))));
}

function parseLink(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CodedError('E_INVALID_INPUT', 'an asset id must be base64url of JSON {name, value}', { cause });
  }
}
