import { PART_NAMES } from './aasx-names.ts';
import type { OpenPackage } from './open-package.ts';
import { readFlatXml } from './read-flat-xml.ts';

/**
 * The content types of a package's parts, by name; a function that says undefined where the package does not.
 * @throws CodedError `E_AASX_REFUSED`
 */
export async function readContentTypes(opened: OpenPackage): Promise<(part: string) => string | undefined> {
  const { contentTypes } = PART_NAMES;
  if (opened.find(contentTypes) === undefined) return () => undefined;
  const ofParts = new Map<string, string>();
  const ofExtensions = new Map<string, string>();
  for (const { name, attributes } of await readFlatXml(opened.read(contentTypes), contentTypes)) {
    const { ContentType: type, PartName: part, Extension: extension } = attributes;
    if (type === undefined) continue;
    if (name === 'Override' && part !== undefined) ofParts.set(part.replace(/^\//, '').toLowerCase(), type);
    if (name === 'Default' && extension !== undefined) ofExtensions.set(extension.toLowerCase(), type);
  }
  return (part) => {
    const key = part.toLowerCase();
    return ofParts.get(key) ?? ofExtensions.get(key.slice(key.lastIndexOf('.') + 1));
  };
}
