import { createReadStream } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { PART_NAMES, RELATIONSHIP_TYPES, relationshipPartOf } from './aasx-names.ts';

/** A file that goes into a package. */
export interface PackedFile {
  /** Name of its part, without a slash before it, percent-encoded where it must be. */
  readonly part: string;
  readonly contentType: string;
  /** The file on disk. */
  readonly path: string;
  readonly bytes: number;
}

interface AasxSource {
  readonly model: { readonly format: 'xml' | 'json'; readonly chunks: () => Iterable<string> };
  /** Files that the model names. */
  readonly files: readonly PackedFile[];
  /** Part of the file that is the picture of the package. */
  readonly thumbnail?: string;
}

const CONTENT_TYPES = { xml: 'application/xml', json: 'application/json' };
/** What compression makes smaller; the rest is packed already, and large. */
const COMPRESSIBLE = /^text\/|[/+](xml|json|javascript|svg\+xml)\b/;

/** Writes an AASX package (IDTA-01005) as a stream: nothing but one piece of one file is held in memory. */
export function writeAasx({ model, files, thumbnail }: AasxSource): Readable {
  const zip = new ZipFile();
  // The stream that the package leaves by: it fails where a source of the package fails.
  const output = new PassThrough();
  const fail = (error: unknown) => output.destroy(error instanceof Error ? error : new Error(String(error)));
  let source: Readable | undefined;
  // A reader that goes away leaves no file open.
  output.on('close', () => source?.destroy());
  const from = (stream: Readable): Readable => {
    source = stream.on('error', fail);
    return source;
  };
  zip.on('error', fail);
  const text = (part: string, content: string) => zip.addBuffer(Buffer.from(content), part);
  const modelPart = `aasx/data.${model.format}`;
  text(PART_NAMES.contentTypes, contentTypes(modelPart, CONTENT_TYPES[model.format], files));
  text(
    PART_NAMES.rootRelationships,
    relationships([
      [RELATIONSHIP_TYPES.origin, PART_NAMES.origin],
      ...(thumbnail === undefined ? [] : [[RELATIONSHIP_TYPES.thumbnail, thumbnail] as const]),
    ]),
  );
  text(PART_NAMES.origin, 'Intentionally empty.');
  text(relationshipPartOf(PART_NAMES.origin), relationships([[RELATIONSHIP_TYPES.model, modelPart]]));
  zip.addReadStreamLazy(modelPart, { compress: true }, (give) => {
    give(null, from(Readable.from(bytesOf(model.chunks()))));
  });
  if (files.length > 0) {
    const supplementary = files.map(({ part }) => [RELATIONSHIP_TYPES.supplementary, part] as const);
    text(relationshipPartOf(modelPart), relationships(supplementary));
  }
  for (const { part, contentType, path, bytes } of files) {
    zip.addReadStreamLazy(part, { compress: COMPRESSIBLE.test(contentType), size: bytes }, (give) => {
      give(null, from(createReadStream(path)));
    });
  }
  zip.end();
  zip.outputStream.pipe(output);
  return output;
}

function* bytesOf(chunks: Iterable<string>): Generator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

function contentTypes(modelPart: string, modelType: string, files: readonly PackedFile[]): string {
  const overrides = [
    { part: PART_NAMES.origin as string, contentType: 'text/plain' },
    { part: modelPart, contentType: modelType },
    ...files,
  ].map(
    ({ part, contentType }) =>
      `<Override PartName="/${escapeXml(part)}" ContentType="${escapeXml(contentType)}"/>`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">',
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>',
    ...overrides,
    '</Types>\n',
  ].join('\n');
}

function relationships(targets: readonly (readonly [type: string, part: string])[]): string {
  const lines = targets.map(
    ([type, part], index) => `<Relationship Id="r${index + 1}" Type="${type}" Target="/${escapeXml(part)}"/>`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">',
    ...lines,
    '</Relationships>\n',
  ].join('\n');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
