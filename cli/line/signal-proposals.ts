import type { DiscoveredMachine, DiscoveredVariable } from '../../connectors/opcua/discovered.ts';
import type { SignalMeasurement } from '../../connectors/opcua/measure-signals.ts';

/** A signal that a line file may have. */
export interface SignalProposal {
  readonly name: string;
  readonly variable: DiscoveredVariable;
}

/** The part of an OpcuaSignal that can be told from outside. */
export interface ProposedSignal {
  readonly node: string;
  readonly kind?: 'periodic' | 'on-change';
  readonly rateHz?: number;
  readonly unit?: string;
  readonly waveform?: { readonly length: number };
}

const LONGEST_NAME = 64;

/**
 * Names the variables of a machine as signals: the browse name in small letters and dashes, with as many of the names
 * above it as it takes to tell two apart.
 */
export function proposeSignals({ variables }: DiscoveredMachine): SignalProposal[] {
  const usable = variables.filter(({ dataType }) => dataType !== 'ExtensionObject');
  const taken = new Set<string>();
  return usable.map((variable) => {
    const words = variable.steps.map(({ name }) => signalName(name));
    const ends = words.map((_word, index) => words.slice(words.length - 1 - index).join('-'));
    const isUnique = (name: string) =>
      usable.filter((other) =>
        `-${other.steps.map((step) => signalName(step.name)).join('-')}`.endsWith(`-${name}`),
      ).length === 1;
    const wanted = (ends.find(isUnique) ?? ends.at(-1) ?? 'signal').slice(-LONGEST_NAME);
    const name = firstFree(wanted, taken);
    taken.add(name);
    return { name, variable };
  });
}

/** What is known of a signal, by its variable and what came of it. */
export function proposedSignal(
  { length, node, unit, dataType }: DiscoveredVariable,
  measured: SignalMeasurement | undefined,
): ProposedSignal {
  const blockLength = measured?.length ?? length;
  const isMeasure = blockLength !== undefined || dataType === 'Float' || dataType === 'Double';
  return {
    node,
    // Texts, counters and switches come at an even pace only while the machine works: a pause of theirs is no loss.
    ...(isMeasure && measured?.isPeriodic && measured.rateHz !== undefined
      ? { kind: 'periodic' as const, rateHz: Number(measured.rateHz.toPrecision(3)) }
      : {}),
    ...(unit === undefined ? {} : { unit }),
    ...(blockLength === undefined || blockLength < 2 ? {} : { waveform: { length: blockLength } }),
  };
}

/** `SpindleSpeed_1` becomes `spindle-speed-1`. */
export function signalName(browseName: string): string {
  const name = browseName
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1-$2')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'signal' : name;
}

function firstFree(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted)) return wanted;
  for (let number = 2; ; number += 1) {
    const suffix = `-${number}`;
    const name = `${wanted.slice(0, LONGEST_NAME - suffix.length)}${suffix}`;
    if (!taken.has(name)) return name;
  }
}
