import type { DiscoveredMachine } from '../../connectors/opcua/discovered.ts';
import type { Measurement } from '../../connectors/opcua/measure-signals.ts';
import { lineFileText, type WrittenLine } from './line-file-text.ts';
import { proposedSignal, type SignalProposal } from './signal-proposals.ts';

interface DiscoveredLineOptions {
  readonly server: Omit<WrittenLine, 'signals'>;
  readonly machine: DiscoveredMachine;
  readonly proposals: readonly SignalProposal[];
  /** What came while we listened; undefined where nobody did. */
  readonly measurement: Measurement | undefined;
}

const LABEL = /condition|label|class|state|status|quality|fault|alarm|result|mode|program/;
const TRIGGER = /segment|cycle|part|piece|product|batch|count|start|trigger|finished|done|block/;

/** The text of the line file of a machine that was found. */
export function discoveredLineText(options: DiscoveredLineOptions): string {
  const { server, machine, proposals, measurement } = options;
  const signals: Record<string, object> = {};
  const remarks = new Map<string, string>();
  for (const { name, variable } of proposals) {
    const measured = measurement?.signals.get(name);
    signals[name] = proposedSignal(variable, measured);
    const type =
      variable.length === undefined ? variable.dataType : `${variable.dataType}[${variable.length}]`;
    const rate =
      measured?.rateHz === undefined
        ? ''
        : `, about ${Number(measured.rateHz.toPrecision(3))} values a second`;
    const history = variable.hasHistory ? ', with history' : '';
    const status = variable.status === 'Good' ? '' : `, ${variable.status} now`;
    remarks.set(name, `${type}${rate}${history}${status}${roleOf(name, variable.dataType)}`);
  }
  const identity = Object.entries(machine.identification).map(([key, value]) => `${key} ${value}`);
  const structures = machine.variables.filter(({ dataType }) => dataType === 'ExtensionObject');
  return lineFileText({
    about: [
      `Line file of ${machine.name} (${machine.path}), written by fedshell line discover.`,
      ...(identity.length === 0 ? [] : [`It says of itself: ${identity.join(', ')}.`]),
      'A trainer file takes it as: source: { line: THIS FILE }. Delete the signals that no profile names; add',
      'sampleRateHz to the waveforms, and kind and rateHz where values come at an even pace (docs/opcua.md).',
      ...structures.map(
        ({ node, steps }) =>
          `Structure ${steps.map(({ name }) => name).join('/')}: { node: '${node}', field: NAME } takes a field of it.`,
      ),
    ],
    line: { ...server, signals },
    remarks,
  });
}

function roleOf(name: string, dataType: string): string {
  if (LABEL.test(name) && /String|Text|Int|Byte|Boolean/.test(dataType)) return '; perhaps a label';
  if (TRIGGER.test(name) && /Int|Byte|Boolean/.test(dataType)) return '; perhaps a trigger or counter';
  return '';
}
