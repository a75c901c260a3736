import type { DiscoveredMachine, DiscoveredVariable } from '../../connectors/opcua/discovered.ts';
import type { SignalMeasurement } from '../../connectors/opcua/measure-signals.ts';
import { FreeNames } from './free-names.ts';

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
/** Part of a browse name that is looked at: OPC UA allows 512 characters. */
const LONGEST_BROWSE_NAME = 512;

/**
 * Names the variables of a machine as signals: the browse name in small letters and dashes, with as many of the names
 * above it as it takes to tell two apart.
 */
export function proposeSignals({ variables }: DiscoveredMachine): SignalProposal[] {
  const usable = variables.filter(({ dataType }) => dataType !== 'ExtensionObject');
  const wordsOf = usable.map(({ steps }) => steps.map(({ name }) => signalName(name)));
  const counts = new Map<string, number>();
  for (const end of wordsOf.flatMap((words) => endsOf(words.join('-').split('-')))) {
    counts.set(end, (counts.get(end) ?? 0) + 1);
  }
  const names = new FreeNames(LONGEST_NAME);
  return usable.map((variable, index) => {
    const ends = endsOf(wordsOf[index] ?? []);
    const wanted = ends.find((name) => counts.get(name) === 1) ?? ends.at(-1) ?? 'signal';
    return { name: names.take(wanted), variable };
  });
}

/** The last word, the last two, and so on, as long as a name may be. */
function endsOf(words: readonly string[]): string[] {
  const ends: string[] = [];
  let end = '';
  for (let index = words.length - 1; index >= 0; index -= 1) {
    end = end === '' ? (words[index] ?? '') : `${words[index]}-${end}`;
    if (end.length > LONGEST_NAME) return ends.length === 0 ? [end.slice(-LONGEST_NAME)] : ends;
    ends.push(end);
  }
  return ends;
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
    .slice(0, LONGEST_BROWSE_NAME)
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1-$2')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'signal' : name;
}
