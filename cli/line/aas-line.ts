import type {
  DescribedInterface,
  DescribedProperty,
  InterfaceScheme,
} from '../../aas/client/interface-description.ts';
import type { MappedPair } from '../../aas/client/mapping-configuration.ts';
import { CodedError, type Fault } from '../../runtime/errors.ts';
import type { WrittenLine } from './line-file-text.ts';

interface AasLineOptions {
  readonly description: DescribedInterface;
  /** Pairs of all mapping configurations; without any, every property of the interface is taken. */
  readonly pairs: readonly MappedPair[];
}

/** A line made of an interface description, with what a person should know of it. */
export interface AasLine {
  readonly line: WrittenLine;
  /** By the signal's name. */
  readonly remarks: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
}

/** Of a namespace that is not the standard's. */
export const INDEXED_NODE = /^ns=[1-9]\d*;/;
const MOST_NAMED = 10;

/**
 * Makes the content of a line file of an OPC UA interface.
 * @throws CodedError `E_INVALID_INPUT` with every property that cannot be collected, and for a security that is not
 * built
 */
export function aasLine({ description, pairs }: AasLineOptions): AasLine {
  const { base, schemes } = description;
  const faults: Fault[] = [];
  const notes: string[] = [];
  // Without a prototype, so that every name is only a name.
  const signals: Record<string, object> = Object.create(null);
  const remarks = new Map<string, string>();
  for (const { name, property, pollingIntervalSeconds } of wantedProperties(description, pairs, faults)) {
    const address = addressOf(property);
    const at = property.path.join('.');
    if (typeof address === 'string') {
      faults.push({ path: at, message: address });
      continue;
    }
    if (Object.hasOwn(signals, name)) {
      faults.push({ path: at, message: `there are two signals of the name ${name}` });
      continue;
    }
    const isPolled = pollingIntervalSeconds !== undefined && !property.isObservable;
    signals[name] = {
      ...address,
      ...(property.field.length === 0 ? {} : { field: property.field.join('.') }),
      ...(isPolled ? { kind: 'polled', rateHz: 1 / pollingIntervalSeconds } : {}),
      ...(property.unit === undefined ? {} : { unit: property.unit }),
      ...(property.type === 'array' ? { waveform: {} } : {}),
    };
    remarks.set(name, property.path.join('/') + (property.type === undefined ? '' : `, ${property.type}`));
  }
  noteIndices(signals, notes);
  const security = securityOf(schemes, notes, faults);
  if (faults.length === 0 && Object.keys(signals).length === 0) {
    faults.push({ path: description.idShort, message: 'has no property that could become a signal' });
  }
  if (faults.length > 0) {
    throw new CodedError('E_INVALID_INPUT', `the interface ${description.idShort} cannot become a line`, {
      faults,
    });
  }
  return { line: { endpoint: base, ...security, trust: 'listed', signals }, remarks, notes };
}

interface WantedProperty {
  readonly name: string;
  readonly property: DescribedProperty;
  readonly pollingIntervalSeconds: number | undefined;
}

function wantedProperties(
  { submodelId, idShort, properties }: DescribedInterface,
  pairs: readonly MappedPair[],
  faults: Fault[],
): WantedProperty[] {
  if (pairs.length === 0) {
    return properties
      .filter(({ href, browsePath, field }) => (href ?? browsePath) !== undefined && field.length === 0)
      .map((property) => ({ name: property.key, property, pollingIntervalSeconds: undefined }));
  }
  return pairs.flatMap(({ source, sink, pollingIntervalSeconds }): WantedProperty[] => {
    const [id, interfaceName, ...path] = source;
    if (id !== submodelId || interfaceName !== idShort) return [];
    // Between the names of nested properties stand the collections that hold them.
    const wanted = path.slice(2).filter((_name, index) => index % 2 === 0);
    const property = properties.find((one) => one.path.join('\n') === wanted.join('\n'));
    if (property === undefined) {
      faults.push({ path: source.join('/'), message: 'is mapped, and no property of the interface' });
      return [];
    }
    const sinkName = sink.at(-1);
    // An idShort cannot have every character of a name; the key is that name.
    const name = sinkName === undefined || sinkName === property.path.at(-1) ? property.key : sinkName;
    return [{ name, property, pollingIntervalSeconds }];
  });
}

/** A node by the index of its namespace is another one as soon as the server orders its namespaces anew. */
function noteIndices(signals: Readonly<Record<string, object>>, notes: string[]): void {
  const names = Object.entries(signals).flatMap(([name, signal]) =>
    'node' in signal && INDEXED_NODE.test(String(signal.node)) ? [name] : [],
  );
  if (names.length === 0) return;
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  notes.push(
    `${names.slice(0, MOST_NAMED).join(', ')}${more}: the description has only the index of the namespace (ns=), which ` +
      'may mean another node after the next start of the server; --resolve asks the machine for its URI, or write nsu=URI',
  );
}

/** Node or path of a property; in words why it has none. */
function addressOf({ href, browsePath }: DescribedProperty): { node: string } | { path: string } | string {
  const id = /[?&]id=([^&]*)/.exec(href ?? '')?.[1];
  if (id !== undefined) {
    const node = decoded(id).replace(/^ns=0;/, '');
    // Where the description names the namespace beside, that stays true at the next start of the server.
    const path = INDEXED_NODE.test(node) ? addressOfPath(browsePath ?? '') : '';
    if (typeof path !== 'string') return path;
    return /^(nsu=[^;]+;|ns=\d+;)?[isgb]=.+$/s.test(node) ? { node } : `${node} is no NodeId`;
  }
  if (browsePath === undefined) return 'has neither a form nor a node in its form';
  return addressOfPath(browsePath);
}

function addressOfPath(browsePath: string): { path: string } | string {
  const path = browsePath.replace(/^\/?(Root\/)?(0:)?Objects(?=\/)/, '');
  if (/(^|\/)[1-9]\d*:/.test(path)) return `${browsePath} has namespace indices, which a server may change`;
  return path.startsWith('/')
    ? { path: path.replace(/\/0:/g, '/') }
    : `${browsePath} is no browse path from Objects`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone % is no escape.
    return text;
  }
}

function securityOf(
  schemes: readonly InterfaceScheme[],
  notes: string[],
  faults: Fault[],
): Pick<WrittenLine, 'securityMode'> {
  const modes: WrittenLine['securityMode'][] = [];
  for (const { name, idShort, securityMode, userIdentityToken } of schemes) {
    if (name === 'auto') modes.push('SignAndEncrypt');
    else if (name === 'nosec') modes.push('None');
    else if (name === 'uav_channelsec') modes.push(modeOf(securityMode));
    else if (name === 'basic') notes.push('the interface asks for a user and password: add user');
    else if (name === 'uav_authentication') noteUser(userIdentityToken, idShort, notes, faults);
    else faults.push({ path: idShort, message: 'is a security scheme that OPC UA does not have here' });
  }
  // Of several the safest; one that says nothing gets the safest that there is.
  const order = ['SignAndEncrypt', 'Sign', 'None'] as const;
  const securityMode = order.find((mode) => modes.includes(mode)) ?? 'SignAndEncrypt';
  if (securityMode === 'None')
    notes.push('the interface is described without security: anybody on the way can change values');
  return { securityMode };
}

function modeOf(text: string | undefined): WrittenLine['securityMode'] {
  return text === 'Sign' || text === 'None' ? text : 'SignAndEncrypt';
}

function noteUser(token: string | undefined, idShort: string, notes: string[], faults: Fault[]): void {
  if (token === 'UserName') notes.push('the interface asks for a user and password: add user');
  if (token === 'Certificate') notes.push('the interface asks for a user certificate: add user');
  if (token === 'IssuedToken') faults.push({ path: idShort, message: 'issued tokens are not built' });
}
