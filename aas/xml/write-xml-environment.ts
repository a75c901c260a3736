import { ENVIRONMENT_LISTS } from '../environment-json.ts';
import type { JsonObject } from '../model.ts';
import { writeNamedXml } from './write-xml-object.ts';
import { XML_NAMESPACES, type XmlVersion } from './xml-names.ts';

/** Where an Environment comes from while it is written: each list is gone through once, in this order. */
export interface EnvironmentSource {
  readonly assetAdministrationShells: Iterable<JsonObject>;
  readonly submodels: Iterable<JsonObject>;
  readonly conceptDescriptions: Iterable<JsonObject>;
}

/**
 * The XML of an Environment, a chunk for each shell, submodel and concept description.
 * @throws CodedError `E_INVALID_INPUT` for a text that XML cannot express
 */
export function* writeXmlEnvironment(source: EnvironmentSource, version: XmlVersion): Generator<string> {
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<environment xmlns="${XML_NAMESPACES[version]}">\n`;
  for (const [list, modelType] of ENVIRONMENT_LISTS) {
    let count = 0;
    for (const item of source[list]) {
      const open = count === 0 ? `<${list}>\n` : '';
      yield `${open}${writeNamedXml(item, modelType, `/${list}/${count}`)}\n`;
      count++;
    }
    // An empty list has no element (IDTA-01001, mapping to XML).
    if (count > 0) yield `</${list}>\n`;
  }
  yield '</environment>\n';
}
