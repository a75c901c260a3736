import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unaccounted } from './opcua/judge.ts';
import { countCauses } from './opcua/judge-store.ts';
import { OUTAGE_ROWS, type OutageRow, serverOf } from './outages/rows.ts';
import { type OutageResult, runOutage } from './outages/run-outage.ts';
import { note, printFigure } from './support/figure.ts';

/** Rows are little load each. */
const ROWS_AT_ONCE = 2;

/**
 * The outage table of the reference (opcua-bullmq.md, 2.3) with our collector, which is told of no counter: what each
 * outage cost, and whether the gap ledger knows it. `--row=NAME` runs only that one.
 */
export async function run(flags: readonly string[]): Promise<void> {
  const named = flags.flatMap((flag) => (flag.startsWith('--row=') ? flag.slice('--row='.length) : []));
  const waiting = OUTAGE_ROWS.filter(({ name }) => named.length === 0 || named.includes(name));
  const results = new Map<OutageRow, OutageResult>();
  const work = async () => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
      const result = await runRow(row);
      if (result === undefined) continue;
      results.set(row, result);
      printRow(row, result);
    }
  };
  // A row that fails ends the bench only when the others have ended their processes.
  const ended = await Promise.allSettled(Array.from({ length: ROWS_AT_ONCE }, work));
  printSums(results);
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
}

async function runRow(row: OutageRow): Promise<OutageResult | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'fedshell-outage-'));
  try {
    const found = serverOf(row, join(folder, 'pki'));
    if (!found.found) {
      note(`outages: ${row.name} not run: ${found.reason}`);
      return undefined;
    }
    note(`outages: ${row.name}`);
    return await runOutage(row, found.program, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function printRow({ name, server, keepsAll }: OutageRow, result: OutageResult): void {
  const { periodic, onChange, rows, recovered, resumeMs } = result;
  note(`outages: ${name}: ledger ${JSON.stringify(countCauses(rows))}`);
  printFigure({
    name: `outages/${name}`,
    value: result.silenceMs / 1000,
    unit: 's',
    of: 'silence',
    server,
    resumeSeconds: resumeMs / 1000,
    recovered,
    lostPeriodic: periodic.lost,
    accountedPeriodic: periodic.accounted,
    lostOnChange: onChange.lost,
    accountedOnChange: onChange.accounted,
    silent: periodic.silent + onChange.silent,
    contradicted: periodic.contradicted + onChange.contradicted,
    duplicates: periodic.duplicates + onChange.duplicates,
    invented: periodic.invented + onChange.invented,
    keepsAll,
  });
}

function printSums(results: ReadonlyMap<OutageRow, OutageResult>): void {
  const all = [...results.values()];
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const settings = { rows: results.size, rowsOfTable: OUTAGE_ROWS.length };
  printFigure({
    name: 'outages/unaccounted',
    value: total(all.map(({ periodic, onChange }) => unaccounted(periodic) + unaccounted(onChange))),
    unit: 'samples',
    ...settings,
  });
  const kept = [...results].flatMap(([{ keepsAll }, result]) => (keepsAll ? result : []));
  printFigure({
    name: 'outages/avoidable',
    value: total(kept.map(({ periodic, onChange }) => periodic.lost + onChange.lost)),
    unit: 'samples',
    ...settings,
  });
  printFigure({
    name: 'outages/resume',
    value: Math.max(0, ...all.map(({ resumeMs }) => resumeMs)) / 1000,
    unit: 's',
    ...settings,
  });
}
