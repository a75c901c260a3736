import { caseOf, sampleParams } from './cases.ts';
import { type Contract, startContract } from './contract-server.ts';
import { OPERATION_COUNTS, OPERATIONS, type Operation } from './operations.ts';

let contract: Contract;
/** What the last case has changed of the sample. */
let changed: 'nothing' | 'objects' | 'packages' = 'nothing';

beforeAll(async () => {
  contract = await startContract();
});
afterAll(() => contract.stop());
beforeEach(async () => {
  if (changed !== 'nothing') await contract.reset({ packages: changed === 'packages' });
  changed = 'nothing';
});

function fill(path: string, params: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '');
}

async function answerOf(operation: Operation, status: number) {
  const found = await caseOf(contract, operation, status);
  if (found === undefined) throw new Error('there is no case for this status');
  if ('reason' in found) return found;
  const refused = status >= 400 && found.before === undefined;
  if (!refused && (operation.method !== 'GET' || status >= 400)) {
    changed = operation.path.startsWith('/packages') ? 'packages' : 'objects';
  }
  const before = await found.before?.(contract);
  const params = { ...sampleParams(operation.path), ...before, ...found.params };
  const path = `${fill(operation.path, params)}${found.query ?? ''}`;
  return contract.operator(operation.method, path, found.body);
}

describe('the list of operations', () => {
  it.each(Object.entries(OPERATION_COUNTS))('has all of %s: %i', (profile, count) => {
    expect(OPERATIONS.filter((operation) => operation.profile === profile)).toHaveLength(count);
  });

  it('covers every profile that a full server describes, and what it describes is covered', async () => {
    const { body } = await contract.operator('GET', '/description');
    const full = body.profiles
      .map((id: string) => id.replace(/^.*\/API\/3\/\d\/(\w+)ServiceSpecification\//, '$1/'))
      // The read profiles and the value profile are parts of the full ones.
      .filter((name: string) => /SSP-001$|Registry\/SSP-003$/.test(name));

    expect(new Set(full)).toEqual(new Set(Object.keys(OPERATION_COUNTS)));
  });
});

const CASES = OPERATIONS.flatMap((operation) =>
  operation.statuses.map((status) => [`${operation.method} ${operation.path}`, status, operation] as const),
);
const PROFILES = Object.keys(OPERATION_COUNTS);

describe.each(PROFILES)('%s', (profile) => {
  it.each(CASES.filter(([, , operation]) => operation.profile === profile))(
    '%s answers %i',
    async (_name, status, operation) => {
      const answer = await answerOf(operation, status);
      if ('reason' in answer) {
        expect(answer.reason).not.toBe('');
        return;
      }
      expect([answer.status, answer.status === status ? '' : JSON.stringify(answer.body)]).toEqual([
        status,
        '',
      ]);
      if (status === 201 || status === 202 || status === 302)
        expect(answer.headers.get('location')).toMatch(/^\//);
      if (status >= 400) {
        expect(answer.body.messages[0]).toMatchObject({ text: expect.any(String), messageType: 'Error' });
        // The operation is there, it is its object that is not.
        expect(answer.body.messages[0].text).not.toContain('nothing is served');
      }
    },
  );

  it.each(
    OPERATIONS.filter((operation) => operation.profile === profile).map(
      (operation) => [`${operation.method} ${operation.path}`, operation] as const,
    ),
  )('%s answers 401 without the token and 403 without the right', async (_name, { method, path }) => {
    const filled = fill(path, sampleParams(path));

    expect((await contract.call(undefined, method, filled)).status).toBe(401);
    expect((await contract.call('wrong', method, filled)).status).toBe(401);
    expect((await contract.call('stranger', method, filled)).status).toBe(403);
  });
});
