import {
  AttributeIds,
  type ClientSession,
  DataType,
  type DataValue,
  findBasicDataType,
  type NodeId,
} from 'node-opcua-client';

/** What a server says of a variable. */
export interface VariableDescription {
  /** Built-in type, such as `Float`; `ExtensionObject` for a structure. */
  readonly dataType: string;
  /** Values that the present value has; undefined for a single one. */
  readonly length: number | undefined;
  readonly isReadable: boolean;
  /** Whether the server keeps its history. */
  readonly hasHistory: boolean;
  /** The fastest that the server samples it, in milliseconds; 0 where it notices every change. */
  readonly minimumSamplingIntervalMs: number;
  /** As its property EngineeringUnits says (OPC UA Part 8), such as `m/s²`. */
  readonly unit: string | undefined;
  /** Status of the present value, such as `Good`. */
  readonly status: string;
}

const NODES_A_CALL = 100;
const ATTRIBUTES = [
  AttributeIds.DataType,
  AttributeIds.UserAccessLevel,
  AttributeIds.MinimumSamplingInterval,
  AttributeIds.Historizing,
  AttributeIds.Value,
] as const;
const CURRENT_READ = 1;

/**
 * Reads what there is to know of variables, in calls of bounded size, one in flight.
 * @param units node of the EngineeringUnits property of a variable, where one is known.
 */
export async function describeVariables(
  session: ClientSession,
  nodeIds: readonly NodeId[],
  units: ReadonlyMap<string, NodeId>,
): Promise<VariableDescription[]> {
  const described: VariableDescription[] = [];
  const typeNames = new Map<string, string>();
  for (let start = 0; start < nodeIds.length; start += NODES_A_CALL) {
    const part = nodeIds.slice(start, start + NODES_A_CALL);
    const values = await session.read(
      part.flatMap((nodeId) => ATTRIBUTES.map((attributeId) => ({ nodeId, attributeId }))),
    );
    const unitNodes = part.flatMap((nodeId) => units.get(nodeId.toString()) ?? []);
    const unitValues =
      unitNodes.length === 0
        ? []
        : await session.read(unitNodes.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })));
    const unitTexts = new Map(
      unitNodes.map((nodeId, index) => [nodeId.toString(), unitOf(unitValues[index])]),
    );
    for (const [index, nodeId] of part.entries()) {
      const [type, access, interval, history, value] = values.slice(
        index * ATTRIBUTES.length,
        (index + 1) * ATTRIBUTES.length,
      );
      const unitNode = units.get(nodeId.toString());
      described.push({
        dataType: await typeName(session, typeNames, type),
        length: lengthOf(value),
        isReadable: (numberOf(access) ?? CURRENT_READ) % 2 === CURRENT_READ,
        hasHistory: history?.value?.value === true,
        minimumSamplingIntervalMs: numberOf(interval) ?? 0,
        unit: unitNode === undefined ? undefined : unitTexts.get(unitNode.toString()),
        status: value?.statusCode.name ?? 'Bad',
      });
    }
  }
  return described;
}

async function typeName(
  session: ClientSession,
  known: Map<string, string>,
  value: DataValue | undefined,
): Promise<string> {
  const nodeId: unknown = value?.value?.value;
  // The attribute DataType is a NodeId (OPC UA Part 3, 5.6.2).
  const dataType = nodeId as NodeId | null | undefined;
  if (dataType === null || dataType === undefined) return 'unknown';
  const key = dataType.toString();
  const name =
    known.get(key) ??
    (await findBasicDataType(session, dataType).then(
      (basic) => DataType[basic] ?? 'unknown',
      () => 'unknown',
    ));
  known.set(key, name);
  return name;
}

function numberOf(value: DataValue | undefined): number | undefined {
  const number: unknown = value?.value?.value;
  return typeof number === 'number' ? number : undefined;
}

function lengthOf(value: DataValue | undefined): number | undefined {
  const content: unknown = value?.value?.value;
  if (ArrayBuffer.isView(content) && !Buffer.isBuffer(content) && !(content instanceof DataView)) {
    // Every view that is neither is a typed array.
    return (content as Float32Array).length;
  }
  // A 64-bit integer is an array of two halves in this library.
  return Array.isArray(content) && value?.value.arrayType !== 0 ? content.length : undefined;
}

function unitOf(value: DataValue | undefined): string | undefined {
  const unit: unknown = value?.value?.value;
  if (typeof unit !== 'object' || unit === null || !('displayName' in unit)) return undefined;
  const { displayName } = unit;
  if (typeof displayName !== 'object' || displayName === null || !('text' in displayName)) return undefined;
  return typeof displayName.text === 'string' && displayName.text !== '' ? displayName.text : undefined;
}
