import { SaxesParser } from 'saxes';
import { CodedError } from '../../runtime/errors.ts';
import { decodeXml } from '../xml/decode-xml.ts';

/** An element of a flat XML part: its local name and its attributes. */
export interface FlatElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Relationship and content type parts are lists of a few hundred bytes an entry. */
const LONGEST_PART_CHARACTERS = 16 * 1024 ** 2;

/**
 * Reads a part whose content is a list of elements with attributes, as the Open Packaging Conventions have them.
 * @throws CodedError `E_AASX_REFUSED`
 */
export async function readFlatXml(
  content: AsyncIterable<Uint8Array>,
  part: string,
): Promise<readonly FlatElement[]> {
  const elements: FlatElement[] = [];
  const parser = new SaxesParser({ xmlns: false, position: false });
  const refuse = (message: string, cause?: unknown): CodedError =>
    new CodedError('E_AASX_REFUSED', `the part ${part} ${message}`, { cause });
  parser.on('doctype', () => {
    throw refuse('has a document type');
  });
  parser.on('opentag', ({ name, attributes }) => {
    elements.push({ name: name.replace(/^.*:/, ''), attributes: { ...attributes } });
  });
  let characters = 0;
  try {
    for await (const text of decodeXml(content)) {
      characters += text.length;
      if (characters > LONGEST_PART_CHARACTERS) throw refuse('is too long');
      parser.write(text);
    }
    parser.close();
  } catch (thrown) {
    if (thrown instanceof CodedError) throw thrown;
    throw refuse('is not well-formed XML', thrown);
  }
  return elements;
}
