import { CodedError } from '../../runtime/errors.ts';
import { ENVIRONMENT_LISTS, type EnvironmentJson } from '../environment-json.ts';
import type { JsonObject } from '../model.ts';
import { readEnvironment } from '../read-environment.ts';
import { isRelationship, RELATIONSHIP_TYPES } from './aasx-names.ts';
import { OpenPackage, type PackageLimits } from './open-package.ts';
import { isPartReference, partTarget } from './part-target.ts';
import { readContentTypes } from './read-content-types.ts';
import { readRelationships } from './read-relationships.ts';

/** A file inside a package. */
export interface AasxPart {
  /** Without a slash before it. */
  readonly name: string;
  /** Last step of its name, percent-decoded. */
  readonly fileName: string;
  /** As the package says; undefined where it does not. */
  readonly contentType: string | undefined;
  readonly bytes: number;
  read(): AsyncIterable<Buffer>;
}

/** An open AASX package (IDTA-01005). It must be closed. */
export interface Aasx {
  readonly environment: EnvironmentJson;
  /** The picture of the package; undefined if it has none. */
  readonly thumbnail: AasxPart | undefined;
  /** The file that the value of a File, or the path of a thumbnail, names; undefined if it is none of the package. */
  part(reference: unknown): AasxPart | undefined;
  close(): void;
}

/**
 * Opens a package and reads its model; the other files are read when they are asked for. Several models in one package,
 * the same in two formats or parts of a whole, count as one; of two identifiables with one id the first counts.
 * @throws CodedError `E_AASX_REFUSED`, `E_INVALID_INPUT` for the model
 */
export async function openAasx(file: string, limits: PackageLimits): Promise<Aasx> {
  const opened = await OpenPackage.open(file, limits);
  try {
    const root = await readRelationships(opened, '');
    const models = await modelParts(opened, root);
    const contentTypeOf = await readContentTypes(opened);
    const partNamed = (name: string): AasxPart | undefined => {
      const found = opened.find(name);
      return (
        found && {
          name: found.name,
          fileName: fileNameOf(found.name),
          contentType: contentTypeOf(found.name),
          bytes: found.bytes,
          read: () => opened.read(found.name),
        }
      );
    };
    const environments: EnvironmentJson[] = [];
    for (const model of models)
      environments.push(await readEnvironment(opened.read(model), limits.modelBytes));
    const thumbnail = root.find(({ type }) => isRelationship(type, RELATIONSHIP_TYPES.thumbnail));
    return {
      environment: merge(environments),
      thumbnail: thumbnail === undefined ? undefined : partNamed(thumbnail.target),
      part: (reference) =>
        isPartReference(reference) ? partNamed(partTarget(models[0] ?? '', reference)) : undefined,
      close: () => opened.close(),
    };
  } catch (thrown) {
    opened.close();
    throw thrown;
  }
}

async function modelParts(
  opened: OpenPackage,
  root: readonly { readonly type: string; readonly target: string }[],
): Promise<readonly string[]> {
  const origin = root.find(({ type }) => isRelationship(type, RELATIONSHIP_TYPES.origin));
  if (origin === undefined) {
    throw new CodedError('E_AASX_REFUSED', 'the package is no AASX: it has no aasx-origin');
  }
  const models = (await readRelationships(opened, origin.target))
    .filter(({ type }) => isRelationship(type, RELATIONSHIP_TYPES.model))
    .map(({ target }) => target);
  if (models.length === 0) throw new CodedError('E_AASX_REFUSED', 'the package has no model (aas-spec)');
  return [...new Set(models)];
}

function merge(environments: readonly EnvironmentJson[]): EnvironmentJson {
  const [only, ...others] = environments;
  if (only !== undefined && others.length === 0) return only;
  return Object.fromEntries(
    ENVIRONMENT_LISTS.map(([list]) => {
      const byId = new Map<unknown, JsonObject>();
      for (const item of environments.flatMap((environment) => environment[list] ?? [])) {
        if (!byId.has(item['id'])) byId.set(item['id'], item);
      }
      return [list, [...byId.values()]] as const;
    }).filter(([, items]) => items.length > 0),
  );
}

function fileNameOf(part: string): string {
  const last = part.slice(part.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(last);
  } catch {
    // A percent sign of its own: the name is meant as it stands.
    return last;
  }
}
