import { X509Certificate } from 'node:crypto';
import {
  AttributeIds,
  type ClientSession,
  type EndpointDescription,
  MessageSecurityMode,
  type NodeId,
  readOperationLimits,
  UserTokenType,
} from 'node-opcua-client';
import { type BrowseOptions, browseNodes, type FoundNode, pathOf } from './browse-nodes.ts';
import { describeVariables } from './describe-variables.ts';
import type { DiscoveredEndpoint, DiscoveredMachine, Discovery } from './discovered.ts';
import { nodeAddress } from './node-address.ts';
import { companionNodesets, type RecognisedMachine, recogniseMachines } from './recognise-machines.ts';
import { endpointsOf, type VisitOptions, visit } from './visit.ts';

export type { VisitOptions } from './visit.ts';

const CURRENT_TIME = 'i=2258';
const NODES_A_READ = 100;
/** Types whose values can become samples; a structure only by its fields. */
const USABLE_TYPES =
  /^(Boolean|SByte|Byte|U?Int(16|32|64)|Float|Double|String|LocalizedText|DateTime|ExtensionObject)$/;

/** The endpoints that a server offers, best first. @throws CodedError `E_OPCUA_UNREACHABLE` */
export async function discoverEndpoints(options: VisitOptions): Promise<DiscoveredEndpoint[]> {
  const endpoints = await endpointsOf(options);
  return [...endpoints].sort((a, b) => b.securityLevel - a.securityLevel).map(discoveredEndpoint);
}

/**
 * Looks at everything below Objects.
 * @throws CodedError `E_OPCUA_UNREACHABLE`, and where the server's certificate or we are refused
 */
export async function discoverMachines(options: VisitOptions): Promise<Discovery> {
  return visit(options, async ({ session, namespaces }) => {
    const { nodes, isComplete } = await browseNodes({ session, namespaces, signal: options.signal });
    const units = unitNodes(nodes);
    const types = await typeNames(session, nodes);
    const machines: DiscoveredMachine[] = [];
    for (const machine of recogniseMachines(nodes, namespaces)) {
      options.signal.throwIfAborted();
      machines.push(await discoveredMachine({ session, namespaces }, machine, units, types));
    }
    return {
      namespaces,
      nodesets: companionNodesets(namespaces),
      clockOffsetMs: await clockOffset(session),
      operationLimits: await limitsOf(session),
      machines: machines.filter(({ variables }) => variables.length > 0),
      shells: machines
        .filter(({ kind }) => kind === 'i4aas')
        .map(({ name, path, identification }) => ({ name, path, identification })),
      isComplete,
    };
  });
}

function discoveredEndpoint(endpoint: EndpointDescription): DiscoveredEndpoint {
  const { endpointUrl, securityMode, securityPolicyUri, userIdentityTokens, serverCertificate } = endpoint;
  const users = (userIdentityTokens ?? []).map(({ tokenType }) => UserTokenType[tokenType] ?? 'Invalid');
  return {
    url: endpointUrl ?? '',
    securityMode: MessageSecurityMode[securityMode] ?? 'Invalid',
    securityPolicy: securityPolicyUri?.split('#')[1] ?? 'None',
    users: [...new Set(users)],
    certificate: certificateOf(serverCertificate),
  };
}

function certificateOf(der: Buffer | null | undefined): DiscoveredEndpoint['certificate'] {
  if (der === null || der === undefined || der.length === 0) return undefined;
  try {
    const { fingerprint256, subject, validTo } = new X509Certificate(der);
    return {
      sha256: fingerprint256.replaceAll(':', '').toLowerCase(),
      subject: subject.replaceAll('\n', ', '),
      validTo,
    };
  } catch {
    // A server may show anything; what cannot be read is not trusted either.
    return undefined;
  }
}

async function discoveredMachine(
  { session, namespaces }: Pick<BrowseOptions, 'session' | 'namespaces'>,
  { node, kind, identification, variables }: RecognisedMachine,
  units: ReadonlyMap<string, NodeId>,
  types: ReadonlyMap<string, string>,
): Promise<DiscoveredMachine> {
  const described = await describeVariables(
    session,
    variables.map(({ nodeId }) => nodeId),
    units,
  );
  return {
    name: node.steps.at(-1)?.name ?? '',
    path: pathOf(node),
    kind,
    type: types.get(node.typeDefinition.toString()) ?? '',
    identification: await readTexts(session, identification),
    variables: variables.flatMap((variable, index) => {
      const description = described[index];
      if (description === undefined || !description.isReadable) return [];
      if (!USABLE_TYPES.test(description.dataType)) return [];
      const { dataType, length, unit, hasHistory, status } = description;
      const steps = variable.steps.slice(node.steps.length);
      return [
        { steps, node: nodeAddress(variable.nodeId, namespaces), dataType, length, unit, hasHistory, status },
      ];
    }),
  };
}

/** The EngineeringUnits properties, by the variable they belong to. */
function unitNodes(nodes: readonly FoundNode[]): Map<string, NodeId> {
  return new Map(
    nodes.flatMap(({ nodeId, steps, parent }) => {
      const isUnit = steps.at(-1)?.name === 'EngineeringUnits' && parent?.nodeClass === 'variable';
      return isUnit ? [[parent.nodeId.toString(), nodeId] as const] : [];
    }),
  );
}

/** Browse names of the types of objects. */
async function typeNames(session: ClientSession, nodes: readonly FoundNode[]): Promise<Map<string, string>> {
  const objects = nodes.filter(({ nodeClass }) => nodeClass === 'object');
  const types = [
    ...new Map(objects.map(({ typeDefinition }) => [typeDefinition.toString(), typeDefinition])),
  ];
  const names = new Map<string, string>();
  for (let start = 0; start < types.length; start += NODES_A_READ) {
    const part = types.slice(start, start + NODES_A_READ);
    const values = await session.read(
      part.map(([, nodeId]) => ({ nodeId, attributeId: AttributeIds.BrowseName })),
    );
    for (const [index, [key]] of part.entries()) {
      const name: unknown = values[index]?.value?.value?.name;
      if (typeof name === 'string') names.set(key, name);
    }
  }
  return names;
}

/** Values of identification variables as text; what is empty or no text is left out. */
async function readTexts(
  session: ClientSession,
  nodes: readonly FoundNode[],
): Promise<Record<string, string>> {
  if (nodes.length === 0) return {};
  const part = nodes.slice(0, NODES_A_READ);
  const values = await session.read(part.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.Value })));
  return Object.fromEntries(
    part.flatMap((node, index) => {
      const text = textOf(values[index]?.value?.value);
      return text === undefined ? [] : [[node.steps.at(-1)?.name ?? '', text]];
    }),
  );
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'object' && value !== null && 'text' in value) return textOf(value.text);
  return undefined;
}

/** The middle of asking and answer is when the server looked at its clock. */
async function clockOffset(session: ClientSession): Promise<number> {
  const askedMs = Date.now();
  const { value } = await session.read({ nodeId: CURRENT_TIME, attributeId: AttributeIds.Value });
  const answeredMs = Date.now();
  const time: unknown = value.value;
  return time instanceof Date ? Math.round(time.getTime() - (askedMs + answeredMs) / 2) : 0;
}

async function limitsOf(session: ClientSession): Promise<Record<string, number>> {
  const limits = await readOperationLimits(session).catch(() => ({}));
  return Object.fromEntries(
    Object.entries(limits).filter(([, limit]) => typeof limit === 'number' && limit > 0),
  );
}
