/** Namespace of the simulator's machines. */
export const LINE_NAMESPACE = 'urn:fedshell:line';

/** The variables of a machine, each with the name of its signal in trainer files and profiles. */
export const MACHINE_SIGNALS = {
  Condition: 'condition',
  Lot: 'lot',
  Load: 'load',
  Speed: 'speed',
  Segment: 'segment',
  Block: 'block',
  Vibration: 'vibration',
  Finished: 'finished',
} as const;

/** Browse name of a machine's variable. */
export type MachineVariable = keyof typeof MACHINE_SIGNALS;

/** All of them; the context of a block comes before the block. */
export const MACHINE_VARIABLES = Object.keys(MACHINE_SIGNALS) as MachineVariable[];

/** Identifier of a variable in the namespace of the line. */
export function variableId(machine: string, variable: MachineVariable): string {
  return `${machine}.${variable}`;
}

/** A signal of an OPC UA source in a trainer file. */
export interface SignalNode {
  readonly node: string;
  readonly kind?: 'periodic';
  readonly rateHz?: number;
}

/** Variables that a machine which works by the clock writes at every block, without exception. */
const PERIODIC: readonly MachineVariable[] = ['Vibration', 'Block'];

/**
 * The `signals` of an OPC UA source in a trainer file, for a machine of a simulated line.
 * @param blocksHz blocks a second, if the machine works by the clock.
 */
export function signalNodes(machine: string, blocksHz?: number): Record<string, SignalNode> {
  return Object.fromEntries(
    MACHINE_VARIABLES.map((variable): [string, SignalNode] => {
      const node = `nsu=${LINE_NAMESPACE};s=${variableId(machine, variable)}`;
      const isPeriodic = blocksHz !== undefined && PERIODIC.includes(variable);
      return [
        MACHINE_SIGNALS[variable],
        isPeriodic ? { node, kind: 'periodic', rateHz: blocksHz } : { node },
      ];
    }),
  );
}
