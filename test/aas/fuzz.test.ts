import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { encodeIdentifier } from '../../aas/identifier-encoding.ts';
import { StartedFedshell } from '../support/started-fedshell.ts';
import { CONCEPT, CONCEPT_ID, SHELL, SHELL_ID, SUBMODEL, SUBMODEL_ID } from './contract/sample.ts';
import { strangeRequests } from './fuzz/requests.ts';
import { send, type WireAnswer, type WireRequest } from './fuzz/wire.ts';

/** How many requests; `FEDSHELL_FUZZ_REQUESTS=100000` takes some minutes. */
const REQUESTS = Number(process.env['FEDSHELL_FUZZ_REQUESTS'] ?? 3000);
const SEED = Number(process.env['FEDSHELL_FUZZ_SEED'] ?? 1);
/** Requests that delete or spoil the sample leave little to do for those after them. */
const PUT_BACK_EVERY = 50;
/** What the engine's heap may float by, and what the requests themselves leave in the environment. */
const GROWTH_MB = 120;
const ATTACHMENT_LIMIT_BYTES = 100_000;
/** What is not built is answered by the specification's own status (query language). */
const NOT_BUILT = 501;

let folder: string;
let environment: StartedFedshell;
let base: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fedshell-fuzz-'));
  const state = join(folder, 'state');
  environment = new StartedFedshell([
    ...['aas', '--json', '--port', '0', '--state', state],
    ...['--shell', SHELL_ID, '--submodel', SUBMODEL_ID],
    ...['--attachment-limit', String(ATTACHMENT_LIMIT_BYTES)],
  ]);
  base = (await environment.answer<{ aas: string }>()).aas;
  await putSample();
});

afterAll(async () => {
  await environment.end();
  rmSync(folder, { recursive: true, force: true });
});

const put = (path: string, value: unknown) =>
  send(base, {
    method: 'PUT',
    path,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  });

async function putSample(): Promise<void> {
  const answers = [
    await put(`/submodels/${encodeIdentifier(SUBMODEL_ID)}`, SUBMODEL),
    await put(`/shells/${encodeIdentifier(SHELL_ID)}`, SHELL),
    await put(`/concept-descriptions/${encodeIdentifier(CONCEPT_ID)}`, CONCEPT),
  ];
  expect(answers.map(({ status }) => status < 300)).toEqual([true, true, true]);
}

/** What is wrong with an answer, whatever the request was. */
function faultOf({ method }: WireRequest, { status, contentType, body }: WireAnswer): string | undefined {
  if (status < 200 || (status >= 500 && status !== NOT_BUILT)) return `${status} ${body.toString()}`;
  if (status < 400 || method === 'HEAD') return undefined;
  if (!contentType.includes('application/json')) return `${status} with ${contentType || 'no type'}`;
  const { messages } = JSON.parse(body.toString()) as { messages?: { code?: string; text?: string }[] };
  const [message] = messages ?? [];
  return message?.code === undefined || message.text === undefined ? `${status} without a Result` : undefined;
}

function residentMB(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

describe('an environment under strange requests', () => {
  it(`answers each of ${REQUESTS} with a status that is no 5xx, and neither ends nor grows`, async () => {
    const counts: Record<number, number> = {};
    const half = REQUESTS / 2;
    const measure = existsSync(`/proc/${environment.pid}/status`);
    let warmMB: number | undefined;
    for (const [index, request] of fc.sample(strangeRequests, { numRuns: REQUESTS, seed: SEED }).entries()) {
      const answer = await send(base, request);
      counts[answer.status] = (counts[answer.status] ?? 0) + 1;
      const fault = faultOf(request, answer);
      const sent = { ...request, body: request.body?.toString('utf8').slice(0, 2000) };
      if (fault !== undefined) {
        throw new Error(`seed ${SEED}, request ${index}: ${JSON.stringify(sent)} is answered by ${fault}`);
      }
      if (index % PUT_BACK_EVERY === 0) await putSample();
      // What the first half brings stays; the second half brings the same things.
      if (measure && index === half) warmMB = residentMB(environment.pid);
    }

    if (process.env['FEDSHELL_FUZZ_REQUESTS'] !== undefined) {
      const grownMB = warmMB === undefined ? undefined : residentMB(environment.pid) - warmMB;
      process.stderr.write(`${JSON.stringify({ seed: SEED, counts, warmMB, grownMB })}\n`);
    }
    expect(Object.keys(counts).length).toBeGreaterThan(8);
    if (warmMB !== undefined) expect(residentMB(environment.pid) - warmMB).toBeLessThan(GROWTH_MB);
  }, 3_600_000);

  it('holds afterwards what was put last', async () => {
    await putSample();
    const path = `/submodels/${encodeIdentifier(SUBMODEL_ID)}`;
    const answer = await send(base, { method: 'GET', path, headers: {} });

    expect(JSON.parse(answer.body.toString())).toEqual(SUBMODEL);
  });

  it.each([
    ['lists nested 100,000 deep', 400, () => `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['objects nested 100,000 deep', 400, () => `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['an element nested deeper than 100', 400, () => deepSubmodel(150)],
    ['a Blob of 20 MB that is no base64 at its end', 400, () => blobSubmodel(`${'A'.repeat(20_000_000)}!`)],
    ['a Blob of 20 MB', 204, () => blobSubmodel('A'.repeat(20_000_000))],
    ['a body of more than 64 MiB', 413, () => blobSubmodel('A'.repeat(64 * 1024 ** 2))],
    ['half a text', 400, () => '{"modelType": "Subm'],
  ])('answers %s by %i', async (_what, status, body) => {
    const answer = await put(`/submodels/${encodeIdentifier(SUBMODEL_ID)}`, body());

    expect([answer.status, answer.body.toString().slice(0, 300)]).toEqual([status, expect.any(String)]);
    await putSample();
  });

  it('answers a file that is too long by 413, whatever it says of its length', async () => {
    const answer = await send(base, {
      method: 'PUT',
      path: `/submodels/${encodeIdentifier(SUBMODEL_ID)}/submodel-elements/Drawing/attachment`,
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body: Buffer.concat([
        Buffer.from('--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'),
        Buffer.alloc(ATTACHMENT_LIMIT_BYTES + 1),
        Buffer.from('\r\n--x--\r\n'),
      ]),
    });

    expect(answer.status).toBe(413);
  });
});

function deepSubmodel(depth: number): string {
  const opened = '{"modelType":"SubmodelElementCollection","idShort":"Aa","value":[';
  const elements = `${opened.repeat(depth)}${']}'.repeat(depth)}`;
  return `{"modelType":"Submodel","id":"${SUBMODEL_ID}","submodelElements":[${elements}]}`;
}

function blobSubmodel(value: string): string {
  const blob = `{"modelType":"Blob","idShort":"Blob","contentType":"a/b","value":"${value}"}`;
  return `{"modelType":"Submodel","id":"${SUBMODEL_ID}","submodelElements":[${blob}]}`;
}
