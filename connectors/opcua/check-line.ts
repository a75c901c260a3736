import type { OpcuaSource } from '../../openapi/schemas.ts';
import { CodedError, toCodedError } from '../../runtime/errors.ts';
import { checkMeasurement } from './check-measurement.ts';
import { checkNodes } from './check-nodes.ts';
import type { LineFinding } from './line-finding.ts';
import { type Measurement, measureSignals } from './measure-signals.ts';
import { type VisitOptions, visit } from './visit.ts';

export type { LineFinding } from './line-finding.ts';

interface CheckOptions extends Omit<VisitOptions, 'server'> {
  readonly source: OpcuaSource;
  /** How long is listened, so that rates can be compared; 0 does not listen. */
  readonly durationMs: number;
}

/** What came of a check. */
export interface LineCheck {
  readonly findings: readonly LineFinding[];
  /** What was collected meanwhile; undefined where nothing could be. */
  readonly measurement: Measurement | undefined;
}

/** Connects as a trainer would and finds every mismatch between the line file and the machine. */
export async function checkLine(options: CheckOptions): Promise<LineCheck> {
  const { source, durationMs, log, pkiFolder, signal } = options;
  const findings: LineFinding[] = [];
  try {
    findings.push(...(await visit({ ...options, server: source }, (look) => checkNodes(look, source))));
  } catch (thrown) {
    return { findings: [unreachable(thrown)], measurement: undefined };
  }
  const faulty = new Set(
    findings.filter(({ kind }) => kind === 'fault').map(({ path }) => path.split('/')[2]),
  );
  const sound = Object.entries(source.signals).filter(([name]) => !faulty.has(name));
  // A capture whose trigger is faulty has nothing to start it.
  const usable = sound.filter(([, { capture }]) => !faulty.has(capture?.trigger ?? ''));
  if (durationMs === 0 || usable.length === 0) return { findings, measurement: undefined };
  const measured: OpcuaSource = { ...source, signals: Object.fromEntries(usable) };
  try {
    const measurement = await measureSignals({ source: measured, pkiFolder, durationMs, log, signal });
    findings.push(...checkMeasurement(measured, measurement, durationMs));
    return { findings, measurement };
  } catch (thrown) {
    findings.push(...collectionFaults(thrown));
    return { findings, measurement: undefined };
  }
}

function unreachable(thrown: unknown): LineFinding {
  const { code, message } = toCodedError(thrown);
  return { kind: 'fault', path: '/endpoint', message: `${code}: ${message}` };
}

function collectionFaults(thrown: unknown): LineFinding[] {
  const { code, message, faults } = thrown instanceof CodedError ? thrown : toCodedError(thrown);
  if (faults.length === 0) return [{ kind: 'fault', path: '', message: `${code}: ${message}` }];
  return faults.map((fault) => ({ kind: 'fault', path: `/signals/${fault.path}`, message: fault.message }));
}
