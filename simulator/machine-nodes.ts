import { DataType, type Namespace, StatusCodes, type UAVariable, VariantArrayType } from 'node-opcua';
import type { Block } from '../connectors/recording/blocks.ts';
import type { Segment } from '../connectors/recording/segments.ts';
import { MACHINE_VARIABLES, type MachineVariable, variableId } from './signal-nodes.ts';

const DATA_TYPES: Readonly<Record<MachineVariable, DataType>> = {
  Condition: DataType.String,
  Lot: DataType.String,
  Load: DataType.Double,
  Speed: DataType.Double,
  Segment: DataType.UInt32,
  Block: DataType.UInt32,
  Vibration: DataType.Float,
  Finished: DataType.Boolean,
};

/** The OPC UA variables of a machine. */
export class MachineNodes {
  readonly #variables: ReadonlyMap<MachineVariable, UAVariable>;

  /** Adds an object for the machine to the address space, with its variables. */
  constructor(namespace: Namespace, machine: string) {
    const object = namespace.addObject({
      organizedBy: namespace.addressSpace.rootFolder.objects,
      browseName: machine,
      nodeId: `s=${machine}`,
    });
    this.#variables = new Map(
      MACHINE_VARIABLES.map((variable) => [
        variable,
        namespace.addVariable({
          componentOf: object,
          browseName: variable,
          nodeId: `s=${variableId(machine, variable)}`,
          dataType: DATA_TYPES[variable],
          ...(variable === 'Vibration' ? { valueRank: 1, arrayDimensions: [0] } : {}),
          // Every change goes out; a sampled waveform would lose blocks without any error.
          minimumSamplingInterval: 0,
        }),
      ]),
    );
  }

  /** The variables with their node ids in the address space. */
  get variables(): ReadonlyMap<MachineVariable, UAVariable> {
    return this.#variables;
  }

  /** Writes the context of a block, then the block, all with the block's time. */
  writeBlock(segment: Segment, block: Block): void {
    const time = new Date(block.timeMs);
    this.#write('Condition', segment.label, time);
    this.#write('Lot', segment.lot, time);
    this.#write('Load', numberOf(segment, 'load'), time);
    this.#write('Speed', numberOf(segment, 'speed'), time);
    this.#write('Segment', segment.segment, time);
    this.#write('Block', block.block, time);
    this.#write('Vibration', block.samples, time);
  }

  /** Says whether the shift is over, at a production time. */
  writeFinished(finished: boolean, timeMs: number): void {
    this.#write('Finished', finished, new Date(timeMs));
  }

  #write(variable: MachineVariable, value: string | number | boolean | Float32Array, time: Date): void {
    const arrayType = value instanceof Float32Array ? VariantArrayType.Array : VariantArrayType.Scalar;
    const variant = { dataType: DATA_TYPES[variable], arrayType, value };
    this.#variables.get(variable)?.setValueFromSource(variant, StatusCodes.Good, time);
  }
}

/** A numeric condition; 0 where the recording does not say it. */
function numberOf(segment: Segment, name: string): number {
  const value = segment.context.get(name);
  return typeof value === 'number' ? value : 0;
}
