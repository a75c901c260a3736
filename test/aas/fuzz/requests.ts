import fc from 'fast-check';
import { encodeIdentifier } from '../../../aas/identifier-encoding.ts';
import { OPERATIONS } from '../contract/operations.ts';
import {
  CONCEPT,
  CONCEPT_ID,
  PACKAGE_ID,
  SHELL,
  SHELL_ID,
  SUBMODEL,
  SUBMODEL_ID,
  shellDescriptor,
  submodelDescriptor,
} from '../contract/sample.ts';
import { anyElement } from '../model/sample-elements.ts';
import type { WireRequest } from './wire.ts';

/** Text that has broken servers. */
const NASTY = [
  '',
  '.',
  '..',
  '/',
  '%',
  '%zz',
  '%00',
  '%c3%28',
  '%2e%2e%2f',
  '__proto__',
  'constructor',
  'toString',
  '$value',
  '$metadata',
  'Group.',
  '.Group',
  'Group..Count',
  'Group[0]',
  'Group[-1]',
  'Group[99999999999999999999]',
  '[0]',
  'Group[',
  'A'.repeat(5000),
  '[0]'.repeat(2000),
  "'; DROP TABLE elements; --",
  'é\u0000\ud83d\ude00',
  '=',
  '====',
  '-1',
  '0',
  '1e9',
  'NaN',
  '9007199254740993',
];

const nasty = fc.constantFrom(...NASTY);
const strangeText = fc.oneof(
  nasty,
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 20 }),
);

/** As a part of a path or query that node will send; what is percent-encoded already may be broken on purpose. */
function sendable(text: string): string {
  return text.replace(/[^!-~]|[?#]/gu, (character) =>
    /[\ud800-\udfff]/u.test(character) ? '%ef%bf%bd' : encodeURIComponent(character),
  );
}

const identifiers = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(SHELL_ID, SUBMODEL_ID, CONCEPT_ID, PACKAGE_ID).map(encodeIdentifier),
  },
  { weight: 2, arbitrary: strangeText.map((text) => Buffer.from(text).toString('base64')) },
  { weight: 2, arbitrary: strangeText },
);
const idShortPaths = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('Name', 'Group', 'Group.Count', 'Drawing', 'Start', 'List[0]') },
  { weight: 3, arbitrary: strangeText },
);

/** A JSON value of any shape, some with the names of object prototypes, some deep. */
const strangeJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom(...NASTY) },
  { weight: 1, arbitrary: fc.constant(JSON.parse('{"__proto__":{"polluted":true},"constructor":null}')) },
  { weight: 1, arbitrary: fc.integer({ min: 2, max: 400 }).map((depth) => nest(depth)) },
);

function nest(depth: number): unknown {
  let value: unknown = { modelType: 'Property', idShort: 'Leaf', valueType: 'xs:int', value: '1' };
  for (let level = 0; level < depth; level++) {
    value = { modelType: 'SubmodelElementCollection', idShort: 'Level', value: [value] };
  }
  return value;
}

/** What the operations take, as it should be. */
const soundBodies: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    SUBMODEL,
    SHELL,
    CONCEPT,
    SHELL.assetInformation,
    SHELL.submodels[0],
    submodelDescriptor('urn:fuzz:submodel'),
    shellDescriptor('urn:fuzz:shell'),
    [shellDescriptor('urn:fuzz:bulk')],
    ['urn:fuzz:bulk'],
    [{ name: 'serial', value: '42' }],
    { inputArguments: [], inoutputArguments: [], clientTimeoutDuration: 'PT1S' },
    { Count: 7 },
    'press',
    7,
  ),
  fc.tuple(anyElement(2), fc.constantFrom('Name', 'Group', 'Added', 'Drawing')).map(([element, idShort]) => ({
    ...element,
    idShort,
  })),
);

/** A sound body with one of its values changed, taken out, or put there twice. */
const damagedBodies = fc
  .tuple(soundBodies, strangeJson, fc.nat(1000), fc.constantFrom('replace', 'remove', 'add', 'double'))
  .map(([body, strange, at, how]) => damage(body, strange, at, how));

function damage(value: unknown, strange: unknown, at: number, how: string): unknown {
  if (typeof value !== 'object' || value === null || at % 7 === 0) return how === 'remove' ? null : strange;
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  if (entries.length === 0) return isList ? [strange] : { strange };
  const chosen = at % entries.length;
  const changed = entries.flatMap(([member, inner], index): [string, unknown][] => {
    if (index !== chosen) return [[member, inner]];
    if (how === 'remove') return [];
    if (how === 'add')
      return [
        [member, inner],
        ['__proto__', strange],
      ];
    if (how === 'double') return [[member, [inner, inner]]];
    return [[member, damage(inner, strange, Math.floor(at / 7), how)]];
  });
  if (isList) return changed.map(([, inner]) => inner);
  const result: Record<string, unknown> = {};
  // Assigning to __proto__ would change the prototype in place of adding a member.
  for (const [member, inner] of changed) {
    Object.defineProperty(result, member, {
      value: inner,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return result;
}

const contentTypes = fc.constantFrom(
  'application/json',
  'application/json; charset=utf-8',
  'application/json; charset=utf-16',
  'application/merge-patch+json',
  'text/plain',
  'application/xml',
  'application/octet-stream',
  'multipart/form-data',
  'multipart/form-data; boundary=x',
  'multipart/form-data; boundary="',
  '',
);

const multipartBodies = fc
  .tuple(
    strangeText,
    strangeText,
    fc.uint8Array({ maxLength: 300 }),
    fc.constantFrom('--x--\r\n', '', '--x', '\r\n'),
  )
  .map(([name, fileName, content, end]) =>
    Buffer.concat([
      Buffer.from(`--x\r\nContent-Disposition: form-data; name="${name}"; filename="${fileName}"\r\n\r\n`),
      content,
      Buffer.from(`\r\n--x\r\nContent-Disposition: form-data; name="fileName"\r\n\r\n${fileName}\r\n${end}`),
    ]),
  );

interface Sent {
  readonly body?: Buffer;
  readonly contentType?: string;
}

const json = (value: unknown): Sent => ({
  body: Buffer.from(JSON.stringify(value) ?? 'undefined'),
  contentType: 'application/json',
});

const bodies: fc.Arbitrary<Sent> = fc.oneof(
  { weight: 4, arbitrary: soundBodies.map(json) },
  { weight: 6, arbitrary: damagedBodies.map(json) },
  { weight: 2, arbitrary: strangeJson.map(json) },
  { weight: 1, arbitrary: fc.constant({}) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.uint8Array({ maxLength: 200 }), contentTypes)
      .map(([bytes, contentType]) => ({ body: Buffer.from(bytes), contentType })),
  },
  {
    weight: 2,
    arbitrary: multipartBodies.map((body) => ({ body, contentType: 'multipart/form-data; boundary=x' })),
  },
);

const reference = JSON.stringify({
  type: 'ExternalReference',
  keys: [{ type: 'GlobalReference', value: 'urn:a' }],
});
const query = fc
  .array(
    fc.tuple(
      fc.oneof(
        fc.constantFrom(
          'limit',
          'cursor',
          'level',
          'extent',
          'idShort',
          'semanticId',
          'assetIds',
          'assetKind',
          'assetType',
          'aasIds',
          'submodelIds',
          'includeConceptDescriptions',
          'isCaseOf',
          'dataSpecificationRef',
          'async',
        ),
        strangeText,
      ),
      fc.oneof(
        fc.constantFrom('1', '5', 'deep', 'core', 'withBlobValue', 'true', 'Instance'),
        fc.constant(Buffer.from(reference).toString('base64url')),
        fc.constant(Buffer.from(JSON.stringify({ name: 'serial', value: '42' })).toString('base64url')),
        strangeText,
      ),
    ),
    { maxLength: 3 },
  )
  .map((pairs) => pairs.map(([name, value]) => `${sendable(name)}=${sendable(value)}`).join('&'));

const headers = fc.record(
  {
    accept: fc.constantFrom(
      'application/json',
      'application/xml',
      'application/asset-administration-shell-package',
      '*/*;q=x',
      ',,,',
      'x',
    ),
    'if-match': fc.constantFrom('*', '"x"', 'W/"x"', ',', ''),
    'if-none-match': fc.constantFrom('*', '"x"', ''),
    range: fc.constantFrom('bytes=0-1', 'bytes=-1', 'bytes=9-1', 'bytes=0-99999999999', 'bytes=a', 'x'),
    origin: fc.constantFrom(...Array(9).fill('http://localhost:3000'), 'null'),
  },
  { requiredKeys: [] },
);

const prefix = fc.constantFrom('', '', '', '/api/v3', '/api/v3.0', '/api/v3.1', '/api/v3.9');
const uploads = { method: 'POST', path: '/upload' };
const operations = [...OPERATIONS.map(({ method, path }) => ({ method, path })), uploads];

/** A request to an operation of the interface, nearly right or quite wrong. */
export const strangeRequests: fc.Arbitrary<WireRequest> = fc
  .record({
    operation: fc.constantFrom(...operations),
    otherMethod: fc.oneof(
      { weight: 15, arbitrary: fc.constant(undefined) },
      {
        weight: 1,
        arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND'),
      },
    ),
    identifier: identifiers,
    idShortPath: idShortPaths,
    prefix,
    query,
    headers,
    sent: bodies,
  })
  .map(({ operation, otherMethod, identifier, idShortPath, sent, ...rest }) => {
    const path = operation.path.replace(/\{(\w+)\}/g, (_, name) =>
      sendable(name === 'idShortPath' ? idShortPath : identifier),
    );
    const method = otherMethod ?? operation.method;
    const bodyless = method === 'GET' || method === 'HEAD';
    return {
      method,
      path: `${rest.prefix}${path}${rest.query === '' ? '' : `?${rest.query}`}`,
      headers: {
        ...rest.headers,
        ...(sent.contentType === undefined || bodyless ? {} : { 'content-type': sent.contentType }),
      },
      ...(sent.body === undefined || bodyless ? {} : { body: sent.body }),
    };
  });
