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

/** The `signals` of an OPC UA source in a trainer file, for a machine of a simulated line. */
export function signalNodes(machine: string): Record<string, { node: string }> {
  return Object.fromEntries(
    MACHINE_VARIABLES.map((variable) => [
      MACHINE_SIGNALS[variable],
      { node: `nsu=${LINE_NAMESPACE};s=${variableId(machine, variable)}` },
    ]),
  );
}
