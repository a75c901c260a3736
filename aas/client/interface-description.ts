import {
  childOf,
  childrenOf,
  type ForeignElement,
  idShortOf,
  keyValues,
  meaningsOf,
  textAt,
} from './element-tree.ts';

/** IDTA 02017, Asset Interfaces Description, 1.0 and 1.1. */
const DESCRIPTION = /^https:\/\/admin-shell\.io\/idta\/AssetInterfacesDescription\/1\/[01]\/Submodel$/;
/** The id in the document of 1.1; its template's file has another protocol's, so the base counts too. */
const OPCUA = 'http://opcfoundation.org/UA/WoT-Binding/';
const OPCUA_ADDRESS = /^opc\.tcp:\/\//;

/** How an interface description says that a server is to be reached. */
export type SchemeName = 'nosec' | 'auto' | 'basic' | 'uav_channelsec' | 'uav_authentication' | 'other';

/** A security scheme that an interface asks for. */
export interface InterfaceScheme {
  readonly idShort: string;
  readonly name: SchemeName;
  readonly securityMode: string | undefined;
  readonly securityPolicy: string | undefined;
  readonly userIdentityToken: string | undefined;
}

/** A thing to be read of an OPC UA interface. */
export interface DescribedProperty {
  /** idShorts below `properties`, from the outermost one. */
  readonly path: readonly string[];
  /** Name in its protocol: `key`, else the idShort. */
  readonly key: string;
  /** Of its form, or of the form of the property that it is part of. */
  readonly href: string | undefined;
  readonly browsePath: string | undefined;
  /** Names inside the value that the form reads; empty for the whole value. */
  readonly field: readonly string[];
  /** JSON type, such as `number` or `array`. */
  readonly type: string | undefined;
  readonly unit: string | undefined;
  readonly isObservable: boolean;
}

/** An OPC UA interface of an Asset Interfaces Description. */
export interface DescribedInterface {
  readonly submodelId: string;
  readonly idShort: string;
  readonly base: string;
  readonly schemes: readonly InterfaceScheme[];
  readonly properties: readonly DescribedProperty[];
}

/** Whether a submodel is an Asset Interfaces Description of a version that is read. */
export function isInterfaceDescription(submodel: ForeignElement): boolean {
  return meaningsOf(submodel).some((meaning) => DESCRIPTION.test(meaning));
}

/** The OPC UA interfaces of an Asset Interfaces Description. */
export function describedInterfaces(submodel: ForeignElement): DescribedInterface[] {
  const submodelId = typeof submodel['id'] === 'string' ? submodel['id'] : '';
  return childrenOf(submodel).flatMap((element) => {
    const base = textAt(element, 'EndpointMetadata', 'base') ?? '';
    const isOpcua = OPCUA_ADDRESS.test(base) || meaningsOf(element).includes(OPCUA);
    if (!isOpcua) return [];
    const properties = childrenOf(childOf(element, 'InteractionMetadata', 'properties'));
    return [
      {
        submodelId,
        idShort: idShortOf(element),
        base,
        schemes: schemesOf(element),
        properties: properties.flatMap((property) => describedProperties(property, [], undefined)),
      },
    ];
  });
}

/** A property and those inside it: what has no form of its own is a field of what has. */
function describedProperties(
  property: ForeignElement,
  outer: readonly string[],
  formed: { readonly form: ForeignElement; readonly field: readonly string[] } | undefined,
): DescribedProperty[] {
  const path = [...outer, idShortOf(property)];
  const key = textAt(property, 'key') ?? idShortOf(property);
  const ownForm = childOf(property, 'forms');
  const ownHref = textAt(ownForm, 'href') ?? textAt(ownForm, 'uav_browsePath');
  const reached =
    ownForm !== undefined && ownHref !== undefined
      ? { form: ownForm, field: [] }
      : formed === undefined
        ? undefined
        : { form: formed.form, field: [...formed.field, key] };
  const inner = childrenOf(childOf(property, 'properties')).flatMap((one) =>
    describedProperties(one, path, reached),
  );
  const own: DescribedProperty = {
    path,
    key,
    href: textAt(reached?.form, 'href'),
    browsePath: textAt(reached?.form, 'uav_browsePath'),
    field: reached?.field ?? [],
    type: textAt(property, 'type'),
    unit: textAt(property, 'unit'),
    isObservable: textAt(property, 'observable') === 'true',
  };
  return [own, ...inner];
}

/** The schemes that `security` names, those inside a combination included; all defined ones where it names none. */
function schemesOf(element: ForeignElement): InterfaceScheme[] {
  const metadata = childOf(element, 'EndpointMetadata');
  const definitions = childrenOf(childOf(metadata, 'securityDefinitions'));
  const named = childrenOf(childOf(metadata, 'security')).flatMap(
    (item) => keyValues(item['value']).at(-1) ?? [],
  );
  const wanted = new Set(named.length === 0 ? definitions.map(idShortOf) : named);
  for (const definition of definitions) {
    if (!wanted.has(idShortOf(definition))) continue;
    for (const combination of ['oneOf', 'allOf']) {
      for (const item of childrenOf(childOf(definition, combination))) {
        const inner = keyValues(item['value']).at(-1);
        if (inner !== undefined) wanted.add(inner);
      }
    }
  }
  return definitions
    .filter((definition) => wanted.has(idShortOf(definition)) && textAt(definition, 'scheme') !== 'combo')
    .map((definition) => ({
      idShort: idShortOf(definition),
      name: schemeName(definition),
      securityMode: textAt(definition, 'uav_securityMode'),
      securityPolicy: textAt(definition, 'uav_securityPolicy'),
      userIdentityToken: textAt(definition, 'uav_userIdentityToken'),
    }));
}

function schemeName(definition: ForeignElement): SchemeName {
  const name = textAt(definition, 'scheme') ?? idShortOf(definition).replace(/_sc$/, '');
  if (name === 'nosec' || name === 'auto' || name === 'basic') return name;
  // The members say more than the name, which is written in different ways.
  if (childOf(definition, 'uav_securityMode') !== undefined) return 'uav_channelsec';
  return childOf(definition, 'uav_userIdentityToken') === undefined ? 'other' : 'uav_authentication';
}
