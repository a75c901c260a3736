import {
  AttributeIds,
  type ClientSession,
  DataType,
  type DataValue,
  getExtraDataTypeManager,
  type NodeId,
  promoteOpaqueStructure,
} from 'node-opcua-client';
import { type OperationLimits, partsOf } from './operation-limits.ts';
import { VALUE_OVERHEAD_BYTES } from './queue-plan.ts';
import { valueBytes } from './sample-value.ts';

/** A value longer than this is read in parts: half of what the library takes in one message. */
export const LONGEST_VALUE_BYTES = 8 * 1024 * 1024;

/** What a node was found to be. */
export interface NodeLook {
  /** Of one queued value. */
  readonly valueBytes: number;
  /** Elements of an array that does not fit into one message. */
  readonly longLength?: number;
  readonly isStructure: boolean;
  /** Whether its values come without a sourceTimestamp. */
  readonly lacksSourceTime: boolean;
}

/** A value to look at. */
export interface Looked {
  readonly nodeId: NodeId;
  readonly indexRange?: string;
  /** Elements that a block has by configuration. */
  readonly length?: number;
}

/**
 * Reads the values once, to learn their sizes and types. Values that cannot be read count as scalars; what is too long
 * for one message is known by its ArrayDimensions, or by the configured length.
 */
export async function firstLook(
  session: ClientSession,
  nodes: readonly Looked[],
  limits: OperationLimits,
): Promise<NodeLook[]> {
  const looks: NodeLook[] = [];
  let hasStructures = false;
  for (const part of partsOf(nodes, Math.max(1, Math.floor(limits.nodesPerRead / 2)))) {
    const dimensions = await session.read(
      part.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.ArrayDimensions })),
    );
    const lengths = part.map(({ length }, index) =>
      Math.max(length ?? 0, elements(dimensions[index]?.value.value)),
    );
    const short = part.filter((node, index) => node.indexRange !== undefined || !isLong(lengths[index] ?? 0));
    const values = await readAll(session, short);
    await promoteOpaqueStructure(session, [...values.values()]);
    part.forEach((node, index) => {
      const value = values.get(node);
      const length = lengths[index] ?? 0;
      const isStructure = value?.value.dataType === DataType.ExtensionObject;
      hasStructures ||= isStructure;
      looks.push({
        valueBytes: VALUE_OVERHEAD_BYTES + (value === undefined ? 8 * length : valueBytes(value.value.value)),
        isStructure,
        lacksSourceTime: value?.statusCode.isGood() === true && value.sourceTimestamp === null,
        ...(value === undefined ? { longLength: length } : {}),
      });
    });
  }
  if (hasStructures) await getExtraDataTypeManager(session);
  return looks;
}

/** Reads values in one call, or in two where the answer gets too long, and so on. */
async function readAll(session: ClientSession, nodes: readonly Looked[]): Promise<Map<Looked, DataValue>> {
  if (nodes.length === 0) return new Map();
  try {
    const values = await session.read(nodes.map(readable));
    return new Map(nodes.flatMap((node, index) => (values[index] ? [[node, values[index]] as const] : [])));
  } catch (thrown) {
    const isTooLong = /TooLarge|LimitsExceeded/.test(String(thrown));
    if (!isTooLong || nodes.length === 1) throw thrown;
    const middle = Math.ceil(nodes.length / 2);
    const first = await readAll(session, nodes.slice(0, middle));
    return new Map([...first, ...(await readAll(session, nodes.slice(middle)))]);
  }
}

/** What the library reads by: it takes an index range in its text form too, which its types leave out. */
export function readable({ nodeId, indexRange }: Looked): { nodeId: NodeId; attributeId: AttributeIds } {
  return {
    nodeId,
    attributeId: AttributeIds.Value,
    ...(indexRange === undefined ? {} : { indexRange }),
  };
}

function isLong(length: number): boolean {
  return 8 * length > LONGEST_VALUE_BYTES;
}

function elements(dimensions: unknown): number {
  if (!ArrayBuffer.isView(dimensions) && !Array.isArray(dimensions)) return 0;
  return Array.from(dimensions as ArrayLike<number>).reduce((product, part) => product * part, 1);
}
