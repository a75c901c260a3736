import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Gap } from '../../connectors/connector.ts';
import { BenchMachine } from '../opcua/bench-machine.ts';
import { type Cable, layCable } from '../opcua/cable.ts';
import { sumOf, type Verdict } from '../opcua/judge.ts';
import { judgeStore, type StoreJudgement } from '../opcua/judge-store.ts';
import { OUTAGE_LOAD, signalNames, sourceOf } from '../opcua/machine-load.ts';
import { RunningCollector } from '../opcua/running-collector.ts';
import type { PeerProgram } from '../peers/found-peer.ts';
import type { Fault, OutageRow } from './rows.ts';

const BEFORE_MS = 8_000;
/** Longer than the longest silence allowed, so that a worse one shows. */
const AFTER_MS = 20_000;
const DRAIN_MS = 3_000;

/** What an outage did. */
export interface OutageResult {
  /** The longest time without a delivery around the fault. */
  readonly silenceMs: number;
  /** From the end of the fault to the first delivery with a value that was written after it. */
  readonly resumeMs: number;
  /** Values of the time of the fault that are stored nevertheless. */
  readonly recovered: number;
  readonly periodic: Verdict;
  readonly onChange: Verdict;
  readonly rows: readonly Gap[];
}

/** Collects from a server, lets the fault happen, and judges what is on disk afterwards. */
export async function runOutage(row: OutageRow, program: PeerProgram, folder: string): Promise<OutageResult> {
  const machine = await BenchMachine.start({ program, load: OUTAGE_LOAD, folder: join(folder, 'machine') });
  const hasCable = row.fault.kind === 'cut' || row.fault.kind === 'black-hole';
  const cable = hasCable ? await layCable(machine.port) : undefined;
  const endpoint = cable === undefined ? machine.endpoint : `opc.tcp://127.0.0.1:${cable.port}`;
  const source = sourceOf(endpoint, OUTAGE_LOAD, row.source);
  const collector = new RunningCollector(join(folder, 'collector'), [{ id: 'machine', source }]);
  try {
    await collector.untilCollecting();
    const fromMs = Date.now();
    await sleep(BEFORE_MS);
    const faultFromMs = Date.now();
    await happen(row.fault, { machine, cable, collector });
    const faultToMs = Date.now();
    await sleep(AFTER_MS);
    const untilMs = Date.now();
    await sleep(DRAIN_MS);
    await collector.close();
    const judged = await judgeStore({
      storeFolder: collector.storeFolder('machine'),
      logFile: machine.logFile,
      signals: signalNames(OUTAGE_LOAD),
      fromMs,
      untilMs,
    });
    return resultOf(judged, { faultFromMs, faultToMs, untilMs });
  } finally {
    collector.kill();
    await machine.kill();
    await cable?.close();
  }
}

interface Parts {
  readonly machine: BenchMachine;
  readonly cable: Cable | undefined;
  readonly collector: RunningCollector;
}

/** Resolves when the fault is over: of a kill, when the server can be connected to. */
async function happen({ kind, seconds }: Fault, { machine, cable, collector }: Parts): Promise<void> {
  if (kind === 'kill') await machine.kill();
  if (kind === 'cut') cable?.cut();
  if (kind === 'black-hole') cable?.swallow();
  if (kind === 'freeze') collector.freeze();
  await sleep(1000 * seconds);
  if (kind === 'kill') await machine.start();
  if (kind === 'freeze') collector.thaw();
  cable?.mend();
}

interface Times {
  readonly faultFromMs: number;
  readonly faultToMs: number;
  readonly untilMs: number;
}

function resultOf(judged: StoreJudgement, { faultFromMs, faultToMs, untilMs }: Times): OutageResult {
  const times = judged.deliveries.map(({ writtenMs }) => writtenMs);
  const pauses = [...times, untilMs].map((time, index) => time - (times[index - 1] ?? time));
  const around = pauses.filter((_, index) => (times[index] ?? untilMs) >= faultFromMs);
  const fresh = judged.deliveries.find(
    ({ writtenMs, newestMs }) => Math.min(writtenMs, newestMs) >= faultToMs,
  );
  const recovered = [...judged.judges.values()].map((judge) => judge.between(faultFromMs, faultToMs).stored);
  const of = (isOnChange: boolean) =>
    sumOf(
      [...judged.perSignal].flatMap(([name, verdict]) =>
        name.startsWith('C') === isOnChange ? verdict : [],
      ),
    );
  return {
    silenceMs: Math.max(0, ...around),
    resumeMs: (fresh?.writtenMs ?? Number.POSITIVE_INFINITY) - faultToMs,
    recovered: recovered.reduce((sum, count) => sum + count, 0),
    periodic: of(false),
    onChange: of(true),
    rows: judged.rows,
  };
}
