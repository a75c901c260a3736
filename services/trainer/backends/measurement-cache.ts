import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { canonicalJson } from '../../../runtime/canonical-json.ts';
import { packageVersion } from '../../../runtime/package-root.ts';
import type { ProbeAnswer, ProbeRequest } from './probe-messages.ts';

/** Format of the files; others are measured again. */
const FORMAT = 1;
const KEPT_MS = 30 * 24 * 3_600_000;

/**
 * Keeps what probes found, one file a question: backend and versions, model, batch, kind of processor and what the
 * drivers are steered by. Refusals are not kept: a driver may come.
 */
export class MeasurementCache {
  readonly #folder: string;
  readonly #environment: Readonly<Record<string, string>>;

  /** @param environment of the probing process. */
  constructor(folder: string, environment: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#environment = environment;
  }

  /** What was found within the last thirty days. */
  async find(request: ProbeRequest): Promise<ProbeAnswer | undefined> {
    try {
      const kept: unknown = JSON.parse(await readFile(this.#file(request), 'utf8'));
      return isRecent(kept) ? kept.answer : undefined;
    } catch {
      // Not there, or cut off by a full disk: it is measured again.
      return undefined;
    }
  }

  async keep(request: ProbeRequest, answer: ProbeAnswer): Promise<void> {
    if (answer.kind !== 'result') return;
    const file = this.#file(request);
    const temporary = `${file}.${process.pid}`;
    await mkdir(dirname(file), { recursive: true });
    try {
      await writeFile(temporary, JSON.stringify({ format: FORMAT, at: Date.now(), answer }));
      await rename(temporary, file);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  #file(request: ProbeRequest): string {
    const { PATH: _, ...environment } = this.#environment;
    const question = {
      request,
      environment,
      software: packageVersion(),
      processor: cpus()[0]?.model ?? 'unknown',
      node: process.version,
    };
    const name = createHash('sha256').update(canonicalJson(question)).digest('hex');
    return join(this.#folder, `${name}.json`);
  }
}

interface Kept {
  readonly answer: ProbeAnswer;
}

function isRecent(kept: unknown): kept is Kept {
  // Written above: with this format, the answer is one.
  const { format, at } = (kept ?? {}) as { format?: unknown; at?: unknown };
  return format === FORMAT && typeof at === 'number' && Date.now() - at < KEPT_MS;
}
