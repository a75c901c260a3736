import { CodedError } from '../../runtime/errors.ts';
import { METAMODEL } from '../metamodel.ts';
import type { JsonObject } from '../model.ts';
import { isDiscriminated, itemNameOf, xmlNameOf } from './xml-names.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what XML cannot express
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' };

/**
 * The XML of an object of the metamodel, as the inside of its element. Members that the metamodel does not know are
 * left out, since the XML schema has no place for them.
 * @param path where the object stands, for the message.
 * @throws CodedError `E_INVALID_INPUT` for a text with characters that XML cannot express (rule AASd-130)
 */
export function writeXmlObject(object: JsonObject, type: string, path: string): string {
  const members = METAMODEL[type];
  if (members === undefined) throw new TypeError(`no class ${type} in the metamodel`);
  let xml = '';
  for (const [member, definition] of Object.entries(members)) {
    const value = object[member];
    if (value === undefined) continue;
    // A list without entries has no element (IDTA-01001, mapping to XML), unless it must be there.
    if (Array.isArray(value) && value.length === 0 && !definition.endsWith('!')) continue;
    const inside = writeValue(value, definition.replace(/!$/, ''), member, `${path}/${member}`);
    xml += `<${member}>${inside}</${member}>`;
  }
  return xml;
}

/** An object with the element that names its class. */
export function writeNamedXml(object: JsonObject, type: string, path: string): string {
  const modelType = type === 'SubmodelElement' ? String(object['modelType']) : type;
  const name = xmlNameOf(modelType);
  return `<${name}>${writeXmlObject(object, modelType, path)}</${name}>`;
}

function writeValue(value: unknown, type: string, member: string, path: string): string {
  if (type.endsWith('[]')) {
    const itemType = type.slice(0, -2);
    // Checked on the way in: members are of their type.
    const items = value as readonly JsonObject[];
    if (itemType === 'SubmodelElement')
      return items.map((item, index) => writeNamedXml(item, itemType, `${path}/${index}`)).join('');
    const name = itemNameOf(member, itemType);
    return items
      .map((item, index) => `<${name}>${writeXmlObject(item, itemType, `${path}/${index}`)}</${name}>`)
      .join('');
  }
  if (isDiscriminated(type)) return writeNamedXml(value as JsonObject, type, path);
  if (METAMODEL[type] !== undefined) return writeXmlObject(value as JsonObject, type, path);
  return escapeText(String(value), path);
}

function escapeText(text: string, path: string): string {
  if (NOT_XML.test(text)) {
    const message = 'the text has characters that XML cannot express';
    throw new CodedError('E_INVALID_INPUT', `${path}: ${message}`, { faults: [{ path, message }] });
  }
  return text.replace(/[&<>\r]/g, (character) => ESCAPES[character] ?? character);
}
