/** What the connector owes to every server, ours or not: one suite over four of them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { unaccounted } from '../../bench/opcua/judge.ts';
import { findPeer } from '../../bench/peers/find-peer.ts';
import type { PeerProgram } from '../../bench/peers/found-peer.ts';
import { makePeerIdentity } from '../../bench/peers/peer-identity.ts';
import {
  PEER_KINDS,
  type PeerIdentity,
  type PeerKind,
  type PeerSettings,
} from '../../bench/peers/peer-settings.ts';
import { CodedError } from '../../runtime/errors.ts';
import { eventually } from '../support/eventually.ts';
import { Collecting } from './collecting.ts';

const USER = { name: 'fedshell', password: 'correct horse' };
/** Longer than any of the servers' publishing intervals, shorter than the 5 s that tell a dead connection. */
const OUTAGE_MS = 4_000;

/** asyncua answers Republish with an empty message: what was on its way when a cable was cut is lost, and accounted. */
const CANNOT_REPUBLISH: readonly PeerKind[] = ['asyncua'];

const folder = mkdtempSync(join(tmpdir(), 'fedshell-contract-'));
let first: PeerIdentity;
let second: PeerIdentity;
const passwordFile = join(folder, 'password');
const wrongFile = join(folder, 'wrong-password');

beforeAll(async () => {
  first = await makePeerIdentity({ folder: join(folder, 'first') });
  second = await makePeerIdentity({ folder: join(folder, 'second') });
  writeFileSync(passwordFile, USER.password, { mode: 0o600 });
  writeFileSync(wrongFile, 'battery staple', { mode: 0o600 });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(PEER_KINDS)('%s', (kind) => {
  const found = findPeer(kind);
  if (!found.found) {
    it(`not run: ${found.reason}`, () => {
      expect(found.reason).not.toBe('');
    });
    return;
  }
  contract(kind, found.program);
});

/** What became of an attempt, if it has ended within a time. */
async function settledIn<Value>(attempt: Promise<Value>, timeoutMs: number): Promise<Value | undefined> {
  return Promise.race([attempt, sleep(timeoutMs, undefined, { ref: false })]);
}

function contract(kind: PeerKind, program: PeerProgram): void {
  const open: Collecting[] = [];
  let tests = 0;

  afterEach(async () => {
    for (const collecting of open.splice(0)) await collecting.close();
  });

  async function serve(part: Partial<PeerSettings> = {}): Promise<Collecting> {
    tests += 1;
    const collecting = await Collecting.serve(program, join(folder, `${kind}-${tests}`), part);
    open.push(collecting);
    return collecting;
  }

  const secure = (passwordIn = passwordFile) => ({
    securityMode: 'SignAndEncrypt' as const,
    user: { name: USER.name, password: { file: passwordIn } },
  });

  async function refusal(attempt: Promise<unknown>): Promise<string> {
    const thrown: unknown = await attempt.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (thrown instanceof CodedError) return thrown.code;
    throw new Error(`expected a refusal, got ${thrown}`);
  }

  it('delivers every value that it writes, of periodic and of irregular nodes', async () => {
    const collecting = await serve();
    await collecting.collect();

    await sleep(3_000);
    const { verdict, rows } = await collecting.judge();

    expect(verdict).toMatchObject({ lost: 0, contradicted: 0, duplicates: 0, invented: 0 });
    expect(verdict.written).toBeGreaterThan(1_000);
    expect(rows.filter(({ filled }) => !filled)).toEqual([]);
  });

  it('delivers arrays in their own type, element by element', async () => {
    const collecting = await serve();
    await collecting.collect();

    const { value } = collecting.samplesOf('Wave0').at(-1) ?? {};

    if (!(value instanceof Float32Array)) throw new TypeError('a wave is a Float32Array');
    expect(value).toHaveLength(4096);
    expect([...value.subarray(1)]).toEqual(Array.from({ length: 4095 }, (_, index) => ((index + 1) % 8) / 8));
  });

  it('delivers over an encrypted channel to a user with a password, and to none with a wrong one', async () => {
    const collecting = await serve({ identity: first, user: USER });

    const refused = await refusal(collecting.collect(secure(wrongFile)));
    await collecting.closeStore();
    await collecting.collect(secure());
    await sleep(1_000);
    const { verdict } = await collecting.judge();

    expect(refused).toBe('E_OPCUA_SECURITY');
    expect(verdict).toMatchObject({ lost: 0, duplicates: 0, invented: 0 });
  });

  it('is refused where its certificate is not the one that was trusted', async () => {
    const collecting = await serve({ identity: first, user: USER });
    await collecting.collect(secure());
    await collecting.peer.kill();
    await collecting.start({ identity: second });
    await collecting.closeStore();

    const refused = await refusal(collecting.collect(secure()));

    expect(refused).toBe('E_OPCUA_UNTRUSTED');
  });

  it('may refuse our certificate, and we say so', async () => {
    const trustedClient = first.certificateFile;
    const collecting = await serve({ identity: first, user: USER, trustedClient });

    const attempt = collecting.connect(secure()).then(
      () => undefined,
      (thrown: unknown) => String(thrown),
    );

    // A server that ends the connection without a word, as open62541 does, leaves no more to be said.
    await eventually(
      async () =>
        /refuses our certificate|rejected by server/.test(
          (await settledIn(attempt, 100)) ?? collecting.state?.reason ?? '',
        ),
      { what: 'a refusal' },
    );
    expect(collecting.samplesOf('S0')).toEqual([]);
  });

  it('loses nothing when the cable is cut', async () => {
    const collecting = await serve();
    await collecting.collect();
    await sleep(1_000);

    collecting.relay.cut();
    await sleep(OUTAGE_MS);
    collecting.relay.restore();
    await collecting.untilFresh();
    const { verdict } = await collecting.judge();

    expect(unaccounted(verdict)).toBe(0);
    if (!CANNOT_REPUBLISH.includes(kind)) expect(verdict.lost).toBe(0);
  });

  it('loses nothing when it stands still', async () => {
    const collecting = await serve();
    await collecting.collect();
    await sleep(1_000);

    collecting.peer.freeze();
    await sleep(OUTAGE_MS);
    collecting.peer.thaw();
    await collecting.untilFresh();
    const { verdict } = await collecting.judge();

    expect(unaccounted(verdict)).toBe(0);
    expect(verdict.lost).toBe(0);
  });

  it('is collected from again after a kill, and what is lost is in the ledger', async () => {
    const collecting = await serve();
    await collecting.collect();
    await sleep(1_000);

    await collecting.peer.kill();
    await sleep(1_000);
    await collecting.start();
    const backAtMs = Date.now();
    await collecting.untilFresh();
    const resumedMs = Date.now() - backAtMs;
    const { verdict, rows } = await collecting.judge();

    expect(unaccounted(verdict)).toBe(0);
    expect(resumedMs).toBeLessThan(30_000);
    expect(new Set(rows.map(({ cause }) => cause))).toContain('server-restarted');
  });
}
