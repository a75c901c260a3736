/**
 * A day of a production line, compressed: faults at random times, then the ledger must tell the truth. FEDSHELL_DAY_MINUTES
 * says how long, one minute by default; FEDSHELL_DAY_SEED which day.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { countCauses } from '../../bench/opcua/judge-store.ts';
import { RunningCollector } from '../../bench/opcua/running-collector.ts';
import { readLedger } from '../../connectors/store/read-store.ts';
import { type RandomStream, randomStream } from '../../learning/random.ts';
import { silentLog } from '../../runtime/log.ts';
import { Shutdown } from '../../runtime/shutdown.ts';
import type { FaultRequest } from '../../simulator/faults/fault.ts';
import { describeLine, start } from '../../simulator/main.ts';
import { judgeDay } from './judge-day.ts';

const MINUTES = Number(process.env['FEDSHELL_DAY_MINUTES'] ?? 1);
const SEED = Number(process.env['FEDSHELL_DAY_SEED'] ?? 1);
/** For reconnects and backfill after the last fault. */
const SETTLE_MS = 20_000;
/** What a process that has warmed up may still grow by, in MB. */
const GROWTH_MB = 40;

const LINE = { machines: 2, seed: SEED, live: {} };

/** The next fault; each of a kind that can follow any other. */
function randomFault(random: RandomStream): FaultRequest {
  const durationMs = 1_000 + Math.round(5_000 * random.uniform());
  const machine = `machine-${1 + random.integer(LINE.machines)}`;
  const kinds: FaultRequest[] = [
    { kind: 'kill', durationMs },
    { kind: 'freeze', durationMs },
    { kind: 'cut', durationMs },
    { kind: 'silence', durationMs },
    { kind: 'clock-skew', machine, durationMs, offsetMs: Math.round(40_000 * (random.uniform() - 0.5)) },
    { kind: 'bad-quality', machine, durationMs, quality: random.integer(2) === 0 ? 'bad' : 'uncertain' },
    { kind: 'drift', machine, durationMs, gainPerMinute: random.uniform() },
  ];
  return kinds[random.integer(kinds.length)]!;
}

function residentMB(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return (pages * 4096) / 1e6;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

describe(`a day of ${MINUTES} minutes`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'fedshell-day-'));
  const shutdown = new Shutdown(silentLog);
  let collector: RunningCollector | undefined;
  let isSound = false;

  afterAll(async () => {
    collector?.kill();
    await shutdown.run();
    // A day that went wrong is kept, to be looked at.
    if (isSound) rmSync(folder, { recursive: true, force: true });
  });

  it(
    'ends with a ledger that accounts for every value that is missing, and for no other',
    async () => {
      const truthFile = join(folder, 'truth');
      const stateFolder = join(folder, 'line');
      const { opcua = '', faults = '' } = await start(
        { port: 0, faultPort: 0, machines: LINE, stateFolder, pkiFolder: join(folder, 'pki'), truthFile },
        { log: silentLog, shutdown },
      );
      const { machines } = await describeLine(LINE);
      collector = new RunningCollector(
        join(folder, 'collector'),
        machines.map(({ id, signals }) => ({
          id,
          source: { endpoint: opcua, securityMode: 'SignAndEncrypt', trust: 'first-use', signals },
        })),
      );
      await collector.untilCollecting();
      const fromMs = Date.now();
      const random = randomStream({ seed: SEED, round: 0, participant: 'line', purpose: 'faults' });
      const sizes: number[] = [];
      while (Date.now() < fromMs + MINUTES * 60_000) {
        const response = await fetch(`${faults}/faults`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(randomFault(random)),
        });
        // One that is on already leaves no room for another at the same place.
        expect([201, 409]).toContain(response.status);
        await sleep(1_000 + 5_000 * random.uniform());
        sizes.push(residentMB(collector.pid));
      }
      await sleep(SETTLE_MS);
      const untilMs = Date.now();
      await sleep(3_000);
      await collector.close();
      const happened = await (await fetch(`${faults}/faults`)).text();
      writeFileSync(join(folder, 'faults.json'), happened);

      for (const { id, signals } of machines) {
        const storeFolder = collector.storeFolder(id);
        const verdict = await judgeDay({
          truthFile,
          storeFolder,
          variables: new Map(
            Object.entries(signals).map(([signal, { node }]) => [signal, node.split(';s=')[1] ?? '']),
          ),
          fromMs: fromMs + 1_000,
          untilMs,
        });
        process.stdout.write(
          `${id}: ${JSON.stringify({ ...verdict, causes: countCauses(readLedger(storeFolder)) })}\n`,
        );
        expect(verdict).toMatchObject({ silent: 0, contradicted: 0, duplicates: 0, invented: 0 });
        expect(verdict.written).toBeGreaterThan(1_000);
      }
      const tenth = Math.ceil(sizes.length / 10);
      const warm = sizes.slice(2 * tenth, 3 * tenth);
      isSound = true;
      if (MINUTES >= 5) expect(median(sizes.slice(-tenth)) - median(warm)).toBeLessThan(GROWTH_MB);
    },
    (MINUTES + 4) * 60_000,
  );
});
