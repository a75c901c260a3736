import type { Key, Reference, Submodel, SubmodelElement, SubmodelElementCollection } from '../model.ts';
import { externalReference, modelReference } from '../references.ts';
import { collection, elementList, property, referenceElement, uniqueIdShorts } from './elements.ts';
import { INTERFACE_IDS as IDS } from './interface-ids.ts';

/** Something that can be read of an interface. */
export interface InterfaceProperty {
  /** Name in its protocol. */
  readonly name: string;
  readonly title?: string;
  /** JSON type: `object`, `array`, `string`, `number`, `integer` or `boolean`. */
  readonly type?: string;
  readonly href: string;
  readonly contentType?: string;
  /** Such as `sse`. */
  readonly subprotocol?: string;
}

/** An HTTP interface of ours. */
export interface HttpInterface {
  readonly idShort: string;
  readonly title: string;
  /** Begins all hrefs that are relative. */
  readonly base: string;
  readonly security: 'none' | 'bearer';
  readonly properties: readonly InterfaceProperty[];
}

/** A machine's OPC UA server; only what its site allowed to be published. */
export interface OpcuaInterface {
  readonly title: string;
  /** `opc.tcp://…` */
  readonly endpoint: string;
  readonly securityMode: 'None' | 'Sign' | 'SignAndEncrypt';
  readonly userIdentityToken: 'Anonymous' | 'UserName' | 'Certificate';
  /** By the names that federations use; NodeIds with their namespace's URI. */
  readonly signals: readonly { readonly name: string; readonly node: string }[];
}

const OPCUA_ID_SHORT = 'InterfaceOPCUA';

/** IDTA 02017-1-1: the interfaces of our own services. */
export function httpInterfaces(id: string, interfaces: readonly HttpInterface[]): Submodel {
  return submodel(
    id,
    interfaces.map((one) => {
      const scheme = one.security === 'none' ? 'nosec_sc' : 'bearer_sc';
      return interfaceElement({
        id,
        idShort: one.idShort,
        protocolId: IDS.http,
        title: one.title,
        base: one.base,
        contentType: 'application/json',
        schemes: [scheme === 'nosec_sc' ? NO_SECURITY : BEARER],
        properties: affordances(one.properties, [property('htv_methodName', IDS.methodName, 'GET')], false),
      });
    }),
  );
}

/** IDTA 02017-1-1: how a machine is read over OPC UA. Nothing in it can be written. */
export function machineInterface(id: string, values: OpcuaInterface): Submodel {
  const { title, endpoint, securityMode, userIdentityToken, signals } = values;
  return submodel(id, [
    interfaceElement({
      id,
      idShort: OPCUA_ID_SHORT,
      protocolId: IDS.opcua,
      title,
      base: endpoint,
      contentType: 'application/octet-stream',
      schemes: [
        securityMode === 'None' ? NO_CHANNEL_SECURITY : AUTO_SECURITY,
        authentication(userIdentityToken),
      ],
      properties: affordances(
        signals.map(({ name, node }) => ({
          name,
          href: `/?id=${node.replace(/[%#&]/g, encodeURIComponent)}`,
        })),
        [],
        true,
      ),
    }),
  ]);
}

/** The reference to a signal, by its idShort, in a submodel that `machineInterface` built. */
export function machineSignal(submodelId: string, idShort: string): Reference {
  return reference(submodelId, [OPCUA_ID_SHORT, 'InteractionMetadata', 'properties', idShort]);
}

function submodel(id: string, interfaces: readonly SubmodelElement[]): Submodel {
  return {
    modelType: 'Submodel',
    id,
    idShort: 'AssetInterfacesDescription',
    kind: 'Instance',
    semanticId: externalReference(IDS.submodel),
    submodelElements: interfaces,
  };
}

interface InterfaceParts {
  readonly id: string;
  readonly idShort: string;
  readonly protocolId: string;
  readonly title: string;
  readonly base: string;
  readonly contentType: string;
  readonly schemes: readonly SubmodelElementCollection[];
  readonly properties: readonly SubmodelElementCollection[];
}

function interfaceElement(parts: InterfaceParts): SubmodelElementCollection {
  const { id, idShort, protocolId, schemes } = parts;
  const schemePath = (scheme: string) => [idShort, 'EndpointMetadata', 'securityDefinitions', scheme];
  return {
    ...collection(idShort, IDS.interface, [
      property('title', IDS.title, parts.title),
      collection('EndpointMetadata', IDS.endpointMetadata, [
        property('base', IDS.base, parts.base, 'xs:anyURI'),
        property('contentType', IDS.contentType, parts.contentType),
        elementList(
          'security',
          IDS.security,
          IDS.security,
          'ReferenceElement',
          schemes.map((scheme) =>
            referenceElement('', IDS.security, reference(id, schemePath(scheme.idShort ?? ''))),
          ),
        ),
        collection('securityDefinitions', IDS.securityDefinitions, schemes),
      ]),
      {
        ...collection('InteractionMetadata', IDS.interactionMetadata, [
          collection('properties', IDS.properties, parts.properties),
        ]),
        supplementalSemanticIds: [externalReference(IDS.interactionAffordance)],
      },
    ]),
    supplementalSemanticIds: [externalReference(protocolId), externalReference(IDS.thingDescription)],
  };
}

function affordances(
  properties: readonly InterfaceProperty[],
  formTerms: readonly SubmodelElement[],
  observable: boolean,
): readonly SubmodelElementCollection[] {
  const idShorts = uniqueIdShorts(properties.map(({ name }) => name));
  return properties.map((each, index) => affordance(idShorts[index]!, each, formTerms, observable));
}

function affordance(
  idShort: string,
  each: InterfaceProperty,
  formTerms: readonly SubmodelElement[],
  observable: boolean,
): SubmodelElementCollection {
  const { name, title, type, href, contentType, subprotocol } = each;
  return {
    ...collection(idShort, IDS.property, [
      ...(idShort === name ? [] : [property('key', IDS.key, name)]),
      ...(type === undefined ? [] : [property('type', IDS.type, type)]),
      ...(title === undefined ? [] : [property('title', IDS.title, title)]),
      ...(observable ? [property('observable', IDS.observable, true, 'xs:boolean')] : []),
      collection('forms', IDS.forms, [
        property('href', IDS.href, href),
        ...(contentType === undefined ? [] : [property('contentType', IDS.contentType, contentType)]),
        ...(subprotocol === undefined ? [] : [property('subprotocol', IDS.subprotocol, subprotocol)]),
        ...formTerms,
      ]),
    ]),
    supplementalSemanticIds: [externalReference(IDS.name)],
  };
}

function scheme(
  idShort: string,
  semanticId: string,
  name: string,
  terms: readonly SubmodelElement[] = [],
): SubmodelElementCollection {
  return collection(idShort, semanticId, [property('scheme', IDS.scheme, name), ...terms]);
}

const NO_SECURITY = scheme('nosec_sc', IDS.noSecurity, 'nosec');
const BEARER = scheme('bearer_sc', IDS.bearerSecurity, 'bearer', [
  property('name', IDS.bearerName, 'Authorization'),
  property('in', IDS.bearerIn, 'header'),
]);
/** The trainer asks the server for its endpoints and takes the safest policy of its mode. */
const AUTO_SECURITY = scheme('auto_sc', IDS.autoSecurity, 'auto');
const NO_CHANNEL_SECURITY = scheme('opcua_channel_sc', IDS.opcuaChannel, 'uav_channelsec', [
  alsoWithoutBlank(property('uav_securityMode', IDS.opcuaSecurityMode, 'None')),
  property('uav_securityPolicy', IDS.opcuaSecurityPolicy, 'None'),
]);

function authentication(token: OpcuaInterface['userIdentityToken']): SubmodelElementCollection {
  return alsoWithoutBlank(
    scheme('opcua_authentication_sc', IDS.opcuaAuthentication, 'uav_authentication', [
      property('uav_userIdentityToken', IDS.opcuaUserIdentityToken, token),
    ]),
  );
}

/** For readers of the document, an id that is published with a blank at its end stands there without it too. */
function alsoWithoutBlank<Element extends SubmodelElement>(element: Element): Element {
  const id = element.semanticId?.keys[0]?.value.trim() ?? '';
  return { ...element, supplementalSemanticIds: [externalReference(id)] };
}

function reference(submodelId: string, path: readonly string[]): Reference {
  const keys = path.map((value): Key => ({ type: 'SubmodelElementCollection', value }));
  return modelReference({ type: 'Submodel', value: submodelId }, ...keys);
}
