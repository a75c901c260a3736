import { Readable } from 'node:stream';
import { CodedError } from '../../../runtime/errors.ts';
import type { JsonObject } from '../../model.ts';
import { writeXmlEnvironment } from '../../xml/write-xml-environment.ts';
import type { XmlVersion } from '../../xml/xml-names.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import { withFileValues } from './file-elements.ts';
import { jsonEnvironmentChunks } from './json-environment-chunks.ts';
import { type PackedFiles, packFiles } from './pack-files.ts';
import {
  environmentSource,
  type SelectedIdentifiables,
  type Selection,
  selectIdentifiables,
} from './select-identifiables.ts';
import { surveyIdentifiables } from './survey-identifiables.ts';

/** Forms of a serialization; an AASX has its model as XML or as JSON. */
export type SerializationFormat = 'json' | 'xml' | 'aasx-xml' | 'aasx-json';

/** How a serialization is to look. */
export interface SerializationForm {
  readonly format: SerializationFormat;
  /** Namespace of the XML. @defaultValue 3.0 where everything fits into it, else 3.1 */
  readonly version?: XmlVersion;
}

/**
 * Serializes shells, submodels and concept descriptions as a stream, one at a time. What would refuse it is found before
 * the stream begins.
 * @throws CodedError `E_AAS_NOT_FOUND`, `E_INVALID_INPUT` for a text that XML cannot express
 */
export async function serializeEnvironment(
  storage: AasStorage,
  selection: Selection,
  { format, version: wanted }: SerializationForm,
): Promise<Readable> {
  const selected = selectIdentifiables(storage, selection);
  const modelFormat = format === 'xml' || format === 'aasx-xml' ? 'xml' : 'json';
  const survey = await surveyIdentifiables(selected, modelFormat);
  const { isWantedConcept } = survey;
  if (wanted === '3.0' && survey.version === '3.1') {
    throw new CodedError('E_INVALID_INPUT', 'what was asked for does not fit into metamodel 3.0');
  }
  const version = wanted ?? survey.version;
  const chunks = (from: SelectedIdentifiables): Iterable<string> => {
    const source = environmentSource(from, isWantedConcept);
    return modelFormat === 'xml' ? writeXmlEnvironment(source, version) : jsonEnvironmentChunks(source);
  };
  if (format === 'xml' || format === 'json') return Readable.from(chunks(selected), { objectMode: false });
  // The zip writer is loaded only where a package is made.
  const { writeAasx } = await import('../../aasx/write-aasx.ts');
  const packed = packFiles(storage, selected);
  return writeAasx({
    model: { format: modelFormat, chunks: () => chunks(renamed(selected, packed)) },
    files: packed.files,
    ...(packed.thumbnail === undefined ? {} : { thumbnail: packed.thumbnail }),
  });
}

/** The same identifiables with the names that their files have in the package. */
function renamed(selected: SelectedIdentifiables, packed: PackedFiles): SelectedIdentifiables {
  return {
    ...selected,
    *submodels() {
      for (const submodel of selected.submodels()) {
        const values = packed.fileValues.get(String(submodel['id']));
        yield values === undefined ? submodel : withFileValues(submodel, values);
      }
    },
    *shells() {
      for (const shell of selected.shells()) {
        const path = packed.thumbnailPaths.get(String(shell['id']));
        yield path === undefined ? shell : withThumbnailPath(shell, path);
      }
    },
  };
}

function withThumbnailPath(shell: JsonObject, path: string): JsonObject {
  // Checked on the way in: a shell has assetInformation, and the thumbnail is a Resource.
  const asset = shell['assetInformation'] as { readonly defaultThumbnail?: JsonObject };
  return { ...shell, assetInformation: { ...asset, defaultThumbnail: { ...asset.defaultThumbnail, path } } };
}
