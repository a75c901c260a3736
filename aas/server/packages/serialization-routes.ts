import { pipeline } from 'node:stream';
import type { Request } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import { AASX_CONTENT_TYPES } from '../../aasx/aasx-names.ts';
import { decodeIdentifier } from '../../identifier-encoding.ts';
import type { XmlVersion } from '../../xml/xml-names.ts';
import { contentDisposition } from '../http/content-disposition.ts';
import { queryValue, queryValues } from '../http/request-values.ts';
import type { RouteTable } from '../http/route-table.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import type { Selection } from './select-identifiables.ts';
import { type SerializationFormat, serializeEnvironment } from './serialize-environment.ts';

/** Content types of the answer, in the order of preference where the caller has none, with their formats. */
const FORMATS: Readonly<Record<string, SerializationFormat>> = {
  'application/json': 'json',
  'application/xml': 'xml',
  'text/xml': 'xml',
  ...Object.fromEntries(AASX_CONTENT_TYPES.map((type) => [type, 'aasx-xml' as const])),
  'application/asset-administration-shell-package+json': 'aasx-json',
};

/**
 * `/serialization`: shells, submodels and concept descriptions as one file (IDTA-01002, Serialization). Below a single
 * object, that object unless others are named.
 */
export function serializationRoutes(storage: AasStorage): RouteTable {
  return {
    '/serialization': {
      get: async (request, response, next) => {
        const type = request.accepts(Object.keys(FORMATS));
        const format = type === false ? undefined : FORMATS[type];
        if (type === false || format === undefined) {
          throw new CodedError(
            'E_INVALID_INPUT',
            `Accept must allow one of ${Object.keys(FORMATS).join(', ')}`,
          );
        }
        // Files that the stream will read must not be thrown away before.
        await storage.attachments.whileArriving(async () => {
          const content = await serializeEnvironment(storage, selectionOf(request), {
            format,
            ...versionOf(request),
          });
          response.set('Content-Type', type).vary('Accept');
          if (format.startsWith('aasx'))
            response.set('Content-Disposition', contentDisposition('environment.aasx'));
          await new Promise<void>((resolve) => {
            pipeline(content, response, (error) => {
              // A caller that went away ends its answer itself.
              if (error && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') next(error);
              resolve();
            });
          });
        });
      },
    },
  };
}

/** Our own parameter `metamodel`, for readers that know only one version. */
function versionOf(request: Request): { readonly version?: XmlVersion } {
  const version = queryValue(request, 'metamodel');
  if (version === undefined) return {};
  if (version !== '3.0' && version !== '3.1') {
    throw new CodedError('E_INVALID_INPUT', 'metamodel must be 3.0 or 3.1');
  }
  return { version };
}

function selectionOf(request: Request): Selection {
  const ids = (name: string) =>
    queryValues(request, name)
      .flatMap((value) => value.split(','))
      .map(decodeIdentifier);
  const concepts = (queryValue(request, 'includeConceptDescriptions') ?? 'true').toLowerCase();
  if (concepts !== 'true' && concepts !== 'false') {
    throw new CodedError('E_INVALID_INPUT', 'includeConceptDescriptions must be true or false');
  }
  const asked = { aasIds: ids('aasIds'), submodelIds: ids('submodelIds') };
  const isOpen = asked.aasIds.length + asked.submodelIds.length === 0;
  return {
    ...(isOpen ? singleObjectOf(request) : asked),
    includeConceptDescriptions: concepts === 'true',
  };
}

/** The object of a single-object service; nothing, for everything, elsewhere. */
function singleObjectOf({ params }: Request): Pick<Selection, 'aasIds' | 'submodelIds'> {
  const { aasIdentifier: shell, submodelIdentifier: submodel } = params;
  return {
    aasIds: typeof shell === 'string' ? [decodeIdentifier(shell)] : [],
    submodelIds: typeof submodel === 'string' ? [decodeIdentifier(submodel)] : [],
  };
}
