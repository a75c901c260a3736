import type { OpcuaSignal, OpcuaSource } from '../../openapi/schemas.ts';
import type { LineFinding } from './line-finding.ts';
import type { Measurement, SignalMeasurement } from './measure-signals.ts';

/** Part by which a measured rate may differ from the file's. */
const RATE_TOLERANCE = 0.2;

/** Compares what arrived with what the line file expects. */
export function checkMeasurement(
  source: OpcuaSource,
  { signals, state, gaps }: Measurement,
  durationMs: number,
): LineFinding[] {
  const findings: LineFinding[] = [];
  if (state.state !== 'connected') {
    const kind = state.state === 'connecting' ? 'fault' : 'note';
    findings.push({ kind, path: '', message: `the machine is ${state.state}: ${state.reason ?? ''}` });
  }
  for (const [name, signal] of Object.entries(source.signals)) {
    const measured = signals.get(name);
    const at = `/signals/${name}`;
    if (measured !== undefined) findings.push(...signalFindings(at, signal, measured, durationMs));
    const causes = [...new Set(gaps.filter((gap) => gap.signal === name).map(({ cause }) => cause))];
    if (causes.length > 0) {
      findings.push({ kind: 'note', path: at, message: `values were lost meanwhile: ${causes.join(', ')}` });
    }
  }
  return findings;
}

function signalFindings(
  at: string,
  { kind, rateHz, waveform }: OpcuaSignal,
  measured: SignalMeasurement,
  durationMs: number,
): LineFinding[] {
  const findings: LineFinding[] = [];
  const { length, values, notGood, isPeriodic } = measured;
  if (values === 0 && notGood > 0) {
    findings.push({ kind: 'fault', path: at, message: `has ${notGood} values and none of them is good` });
  } else if (values === 0) {
    findings.push({ kind: 'fault', path: at, message: 'has no value that could be collected' });
  }
  if (waveform !== undefined && values > 0 && length === undefined) {
    findings.push({ kind: 'fault', path: `${at}/waveform`, message: 'its values are no blocks of numbers' });
  }
  if (waveform?.length !== undefined && length !== undefined && length !== waveform.length) {
    const message = `the machine's blocks have ${length} samples, not ${waveform.length}`;
    findings.push({ kind: 'fault', path: `${at}/waveform/length`, message });
  }
  const expected = rateHz === undefined ? 0 : (rateHz * durationMs) / 1000;
  // Too few to tell a rate from.
  if (rateHz !== undefined && kind !== undefined && kind !== 'on-change' && expected >= 5) {
    const found = measured.rateHz ?? 0;
    if (Math.abs(found - rateHz) > RATE_TOLERANCE * rateHz) {
      const message = `${rounded(found)} values a second come, not ${rateHz}`;
      findings.push({ kind: 'fault', path: `${at}/rateHz`, message });
    }
  }
  if (kind === 'periodic' && measured.rateHz !== undefined && values > 10 && !isPeriodic) {
    const message = 'the values do not come at even intervals, so a late one would count as lost';
    findings.push({ kind: 'note', path: `${at}/kind`, message });
  }
  return findings;
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(3)));
}
