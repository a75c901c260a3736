import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

/** The bytes of a zip with the given parts. */
export async function zipOf(parts: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(parts)) zip.addBuffer(Buffer.from(content), name);
  zip.end();
  return buffer(zip.outputStream);
}

const relationships = (...targets: readonly (readonly [string, string])[]) =>
  `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${targets
    .map(([type, target], index) => `<Relationship Id="r${index}" Type="${type}" Target="${target}"/>`)
    .join('')}</Relationships>`;

export const AASX = 'http://admin-shell.io/aasx/relationships';
const OPC = 'http://schemas.openxmlformats.org/package/2006/relationships';

/** The parts of a package as another tool writes it: relative targets, no content types, the old namespace. */
export function foreignPackage(model: string, more: Readonly<Record<string, string | Buffer>> = {}) {
  const old = AASX.replace('://', '://www.');
  return {
    '_rels/.rels': relationships(
      [`${old}/aasx-origin`, 'aasx/aasx-origin'],
      [`${OPC}/metadata/thumbnail`, 'icon.png'],
    ),
    'aasx/aasx-origin': '',
    'aasx/_rels/aasx-origin.rels': relationships([`${old}/aas-spec`, 'sub/../device.aas.xml']),
    'aasx/device.aas.xml': model,
    ...more,
  };
}

/** A folder of a test's own. */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'fedshell-aasx-'));
  #files = 0;

  /** Writes a file and returns its path. */
  file(content: string | Buffer, name = `file-${this.#files++}`): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
