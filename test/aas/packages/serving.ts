import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { writeAasx } from '../../../aas/aasx/write-aasx.ts';
import { encodeIdentifier } from '../../../aas/identifier-encoding.ts';
import { writeXmlEnvironment } from '../../../aas/xml/write-xml-environment.ts';
import type { Answer, RunningEnvironment } from '../running-environment.ts';
import type { Workplace } from './zip-of.ts';

export const XML = readFileSync(join(__dirname, 'fixtures', 'every-element-3-0.xml'), 'utf8');
export const JSON_TEXT = readFileSync(join(__dirname, 'fixtures', 'every-element.json'), 'utf8');
export const ENVIRONMENT = JSON.parse(JSON_TEXT);
export const SHELL_ID = 'urn:example:pump:shell';
export const SUBMODEL_ID = 'urn:example:pump:submodel:every-element';

/** The files that the fixture's package has, by part. */
export const FILES: Readonly<Record<string, Buffer>> = {
  'aasx/files/manual.pdf': Buffer.alloc(200_000, 'manual'),
  'aasx/files/curve.csv': Buffer.from('a;b\n1;2\n'),
  'aasx/files/page%201.txt': Buffer.from('page one'),
  'aasx/files/pump.png': Buffer.from([137, 80, 78, 71, 0, 255]),
};

/** A package with the fixture's model, files and thumbnail. */
export async function fixturePackage(workplace: Workplace, environment = ENVIRONMENT): Promise<Buffer> {
  const files = Object.entries(FILES).map(([part, content]) => ({
    part,
    contentType: part.endsWith('.png') ? 'image/png' : 'application/octet-stream',
    bytes: content.length,
    path: workplace.file(content),
  }));
  const chunks = () => writeXmlEnvironment(environment, '3.0');
  return buffer(writeAasx({ model: { format: 'xml', chunks }, files, thumbnail: 'aasx/files/pump.png' }));
}

/** Sends a form with a file. */
export async function sendForm(
  { server }: RunningEnvironment,
  method: string,
  path: string,
  content: Buffer | string,
  fields: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', new Blob([content as Uint8Array<ArrayBuffer>]), 'upload.bin');
  const response = await fetch(`${server.url}${path}`, { method, body: form });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : JSON.parse(text),
  };
}

/** Fetches bytes. */
export async function fetchBytes(
  { server }: RunningEnvironment,
  path: string,
  accept = '*/*',
): Promise<{ status: number; headers: Headers; bytes: Buffer }> {
  const response = await fetch(`${server.url}${path}`, { headers: { accept } });
  return {
    status: response.status,
    headers: response.headers,
    bytes: Buffer.from(await response.arrayBuffer()),
  };
}

export const attachmentPath = (idShortPath: string) =>
  `/submodels/${encodeIdentifier(SUBMODEL_ID)}/submodel-elements/${encodeURIComponent(idShortPath)}/attachment`;
