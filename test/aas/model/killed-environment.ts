import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeIdentifier } from '../../../aas/identifier-encoding.ts';
import type { JsonObject } from '../../../aas/model.ts';
import { entryPoint } from '../../../runtime/package-root.ts';
import { type PlainEnvironment, SUBMODEL_IDS } from './plain-environment.ts';
import { placesBelow } from './plain-tree.ts';

/** A mutation as it goes over the wire. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  /** In place of a body: a file for an attachment, as base64. */
  readonly file?: string;
}

export const FILE_NAME = 'notes.bin';
export const FILE_TYPE = 'application/x-notes';

/** `fedshell aas` as a process that can be killed at any moment and started again on the same state. */
export class KilledEnvironment {
  readonly #folder = mkdtempSync(join(tmpdir(), 'fedshell-model-'));
  #child: ChildProcess | undefined;
  #url = '';

  async start(): Promise<void> {
    const args = ['aas', '--json', '--port', '0', '--state', this.#folder];
    const child = spawn(process.execPath, [entryPoint('cli/main'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    let printed = '';
    this.#url = await new Promise((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        printed += chunk.toString();
        const url = /"aas":"([^"]+)"/.exec(printed)?.[1];
        if (url !== undefined) resolve(url);
      });
      child.once('exit', (code) => reject(new Error(`fedshell aas ended with ${code}: ${printed}`)));
    });
  }

  /** Kills it with -9 and starts it again. */
  async killAndStart(): Promise<void> {
    await this.#kill();
    await this.start();
  }

  async end(): Promise<void> {
    await this.#kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** @returns the status. */
  async send({ method, path, body, file }: WireRequest): Promise<number> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      ...(file === undefined ? {} : { body: formOf(file) }),
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.text();
    // Only a refusal that was not expected is looked into.
    if (response.status >= 500) throw new Error(`${method} ${path} answers ${response.status}: ${text}`);
    return response.status;
  }

  /** All that it holds of the mutated submodels. */
  async read(): Promise<PlainEnvironment> {
    const submodels = new Map<string, JsonObject>();
    const attachments = [];
    for (const id of SUBMODEL_IDS) {
      const path = `/submodels/${encodeIdentifier(id)}`;
      const response = await fetch(`${this.#url}${path}?extent=withBlobValue`);
      const body = (await response.json()) as JsonObject;
      if (response.status === 404) continue;
      submodels.set(id, body);
      for (const place of placesBelow(body)) {
        if (place.node['modelType'] !== 'File') continue;
        const file = await fetch(
          `${this.#url}${path}/submodel-elements/${encodeURIComponent(place.path)}/attachment`,
        );
        const base64 = Buffer.from(await file.arrayBuffer()).toString('base64');
        if (file.status === 200) attachments.push({ submodelId: id, path: place.path, base64 });
      }
    }
    return { submodels, attachments };
  }

  async #kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

function formOf(base64: string): FormData {
  const form = new FormData();
  form.set('fileName', FILE_NAME);
  form.set('file', new Blob([Buffer.from(base64, 'base64')], { type: FILE_TYPE }), FILE_NAME);
  return form;
}
