const INTERFACES = 'https://admin-shell.io/idta/AssetInterfacesDescription';
const MAPPING = 'https://admin-shell.io/idta/AssetInterfacesMappingConfiguration';
const CONFIGURATION = `${MAPPING}/2/0/MappingConfiguration`;
const WOT = 'https://www.w3.org/2019/wot';
const OPCUA = 'http://opcfoundation.org/UA/WoT-Binding/';

/** Semantic ids of IDTA 02017-1-1, Asset Interfaces Description. */
export const INTERFACE_IDS = {
  submodel: `${INTERFACES}/1/1/Submodel`,
  interface: `${INTERFACES}/1/0/Interface`,
  thingDescription: `${WOT}/td`,
  http: 'http://www.w3.org/2011/http',
  // The template's file gives its OPC UA interface the id of MQTT; this is the document's.
  opcua: OPCUA,
  title: `${WOT}/td#title`,
  endpointMetadata: `${INTERFACES}/1/0/EndpointMetadata`,
  base: `${WOT}/td#baseURI`,
  contentType: `${WOT}/hypermedia#forContentType`,
  security: `${WOT}/td#hasSecurityConfiguration`,
  securityDefinitions: `${WOT}/td#definesSecurityScheme`,
  noSecurity: `${WOT}/security#NoSecurityScheme`,
  autoSecurity: `${WOT}/security#AutoSecurityScheme`,
  bearerSecurity: `${WOT}/security#BearerSecurityScheme`,
  bearerName: `${WOT}/security#name`,
  bearerIn: `${WOT}/security#in`,
  scheme: `${WOT}/security#SecurityScheme`,
  opcuaChannel: `${OPCUA}OPCUASecurityChannelScheme`,
  // The blanks at the end of two ids are published so; without them the ids stand in the document.
  opcuaAuthentication: `${OPCUA}OPCUASecurityAuthenticationScheme `,
  opcuaSecurityMode: `${OPCUA}securityMode `,
  opcuaSecurityPolicy: `${OPCUA}securityPolicy`,
  opcuaUserIdentityToken: `${OPCUA}userIdentityToken`,
  interactionMetadata: `${INTERFACES}/1/0/InteractionMetadata`,
  interactionAffordance: `${WOT}/td#InteractionAffordance`,
  properties: `${WOT}/td#PropertyAffordance`,
  property: `${INTERFACES}/1/0/PropertyDefinition`,
  key: `${INTERFACES}/1/0/key`,
  name: `${WOT}/td#name`,
  type: 'https://www.w3.org/1999/02/22-rdf-syntax-ns#type',
  observable: `${WOT}/td#isObservable`,
  forms: `${WOT}/td#hasForm`,
  href: `${WOT}/hypermedia#hasTarget`,
  subprotocol: `${WOT}/hypermedia#forSubProtocol`,
  methodName: 'https://www.w3.org/2011/http#methodName',
} as const;

/** Semantic ids of IDTA 02027-2-0, Asset Interfaces Mapping Configuration. */
export const MAPPING_IDS = {
  submodel: `${MAPPING}/2/0/Submodel`,
  configurations: `${MAPPING}/1/0/MappingConfigurations`,
  configuration: CONFIGURATION,
  sources: `${CONFIGURATION}/Sources`,
  source: `${CONFIGURATION}/Source`,
  sourceReference: `${CONFIGURATION}/Source/Source`,
  sourceId: `${CONFIGURATION}/Source/SourceId`,
  sinks: `${CONFIGURATION}/Sinks`,
  sink: `${CONFIGURATION}/Sink`,
  sinkReference: `${CONFIGURATION}/Sink/Sink`,
  sinkId: `${CONFIGURATION}/Sink/SinkId`,
} as const;
