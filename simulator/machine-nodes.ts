import {
  DataType,
  type Namespace,
  StatusCodes,
  type UAObject,
  type UAVariable,
  VariantArrayType,
} from 'node-opcua';
import type { Quality } from '../connectors/connector.ts';
import type { Block } from '../connectors/recording/blocks.ts';
import type { Segment } from '../connectors/recording/segments.ts';
import { type Disturbance, UNDISTURBED } from './disturbance.ts';
import { MACHINE_VARIABLES, type MachineVariable, variableId } from './signal-nodes.ts';
import type { TruthLog } from './truth-log.ts';

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

const STATUS_CODES = {
  good: StatusCodes.Good,
  uncertain: StatusCodes.UncertainSensorNotAccurate,
  bad: StatusCodes.BadSensorFailure,
} as const satisfies Record<Quality, unknown>;

interface MachineNodesOptions {
  readonly namespace: Namespace;
  readonly machine: string;
  /** Where what is written is noted; nowhere by default. */
  readonly truth?: TruthLog;
  /** Values that the server's history keeps of each variable; none by default. */
  readonly historyValues?: number;
}

/** The OPC UA variables of a machine. */
export class MachineNodes {
  /** Of the machine. */
  readonly id: string;
  readonly object: UAObject;
  /** The variables with their node ids in the address space. */
  readonly variables: ReadonlyMap<MachineVariable, UAVariable>;
  readonly #truth: TruthLog | undefined;
  #disturbance: Disturbance = UNDISTURBED;

  /** Adds an object for the machine to the address space, with its variables. */
  constructor({ namespace, machine, truth, historyValues }: MachineNodesOptions) {
    this.id = machine;
    this.#truth = truth;
    this.object = namespace.addObject({
      organizedBy: namespace.addressSpace.rootFolder.objects,
      browseName: machine,
      nodeId: `s=${machine}`,
    });
    this.variables = new Map(
      MACHINE_VARIABLES.map((variable) => [
        variable,
        namespace.addVariable({
          componentOf: this.object,
          browseName: variable,
          nodeId: `s=${variableId(machine, variable)}`,
          dataType: DATA_TYPES[variable],
          ...(variable === 'Vibration' ? { valueRank: 1, arrayDimensions: [0] } : {}),
          // Every change goes out; a sampled waveform would lose blocks without any error.
          minimumSamplingInterval: 0,
        }),
      ]),
    );
    if (historyValues === undefined) return;
    for (const variable of this.variables.values()) {
      namespace.addressSpace.installHistoricalDataNode(variable, { maxOnlineValues: historyValues });
    }
  }

  /** What is wrong from now on. */
  disturb(disturbance: Disturbance): void {
    this.#disturbance = disturbance;
  }

  /** Writes the context of a block, then the block, all with the block's time. */
  writeBlock(segment: Segment, { block, samples, timeMs }: Block): void {
    const gain = this.#disturbance.gainAt(timeMs);
    const values: readonly (readonly [MachineVariable, string | number | Float32Array])[] = [
      ['Condition', segment.label],
      ['Lot', segment.lot],
      ['Load', numberOf(segment, 'load')],
      ['Speed', numberOf(segment, 'speed')],
      ['Segment', segment.segment],
      ['Block', block],
      ['Vibration', gain === 1 ? samples : samples.map((sample) => gain * sample)],
    ];
    const atMs = timeMs + this.#disturbance.clockOffsetMs;
    for (const [variable] of values) this.#note(variable, block, atMs);
    this.#truth?.flush();
    for (const [variable, value] of values) this.#write(variable, value, atMs);
  }

  /** Says whether the shift is over, at a production time. */
  writeFinished(finished: boolean, timeMs: number): void {
    const atMs = timeMs + this.#disturbance.clockOffsetMs;
    this.#note('Finished', Number(finished), atMs);
    this.#truth?.flush();
    this.#write('Finished', finished, atMs);
  }

  #note(variable: MachineVariable, number: number, sourceTimestampMs: number): void {
    const { quality, clockOffsetMs } = this.#disturbance;
    this.#truth?.note({
      variable: variableId(this.id, variable),
      number,
      sourceTimestampMs,
      quality,
      clockOffsetMs,
    });
  }

  #write(variable: MachineVariable, value: string | number | boolean | Float32Array, atMs: number): void {
    const arrayType = value instanceof Float32Array ? VariantArrayType.Array : VariantArrayType.Scalar;
    const variant = { dataType: DATA_TYPES[variable], arrayType, value };
    const status = STATUS_CODES[this.#disturbance.quality];
    this.variables.get(variable)?.setValueFromSource(variant, status, new Date(atMs));
  }
}

/** A numeric condition; 0 where the recording does not say it. */
function numberOf(segment: Segment, name: string): number {
  const value = segment.context.get(name);
  return typeof value === 'number' ? value : 0;
}
