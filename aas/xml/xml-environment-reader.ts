import { SaxesParser, type SaxesTagNS } from 'saxes';
import { CodedError, type Fault } from '../../runtime/errors.ts';
import type { JsonObject } from '../model.ts';
import { entryFrame, memberFrame, valueOfFrame, type XmlFrame } from './xml-frames.ts';
import { XML_NAMESPACES, type XmlVersion } from './xml-names.ts';

/** More open elements than any model needs (32 nested levels, each a few deep) are an attack on the memory. */
const MOST_OPEN_ELEMENTS = 1000;
const MOST_FAULTS = 100;

/**
 * Turns the XML of an Environment into its JSON while it arrives: no tree of the document is ever held. What the
 * metamodel does not know is a fault; document types, and with them entities of their own, are refused.
 */
export class XmlEnvironmentReader {
  readonly #parser = new SaxesParser({ xmlns: true, position: true });
  readonly #stack: XmlFrame[] = [];
  readonly #faults: Fault[] = [];
  readonly #lines = new WeakMap<object, number>();
  #environment: JsonObject | undefined;
  #version: XmlVersion | undefined;

  constructor() {
    this.#parser.on('doctype', () => {
      throw this.#refusal('a document type is not allowed in the XML of an Environment');
    });
    this.#parser.on('opentag', (tag) => this.#open(tag));
    this.#parser.on('text', (text) => this.#text(text));
    this.#parser.on('cdata', (text) => this.#text(text));
    this.#parser.on('closetag', () => this.#close());
  }

  /** Takes the next piece of the document. @throws CodedError `E_INVALID_INPUT` if it is not well-formed */
  write(text: string): void {
    this.#guard(() => this.#parser.write(text));
  }

  /**
   * Ends the document.
   * @throws CodedError `E_INVALID_INPUT` with every fault, its path in the JSON and its line
   */
  end(): { readonly environment: JsonObject; readonly version: XmlVersion } {
    this.#guard(() => this.#parser.close());
    const [first] = this.#faults;
    if (first !== undefined || this.#environment === undefined || this.#version === undefined) {
      const at = first === undefined ? '' : `line ${first.line}: ${first.path}: ${first.message}`;
      throw new CodedError('E_INVALID_INPUT', `not the XML of an Environment: ${at}`, {
        faults: this.#faults,
      });
    }
    return { environment: this.#environment, version: this.#version };
  }

  /** The line in which an object of the JSON began. */
  lineOf(object: object): number | undefined {
    return this.#lines.get(object);
  }

  #open(tag: SaxesTagNS): void {
    const parent = this.#stack.at(-1);
    if (this.#stack.length >= MOST_OPEN_ELEMENTS) throw this.#refusal('the elements are nested too deep');
    const frame = parent === undefined ? this.#root(tag) : this.#child(parent, tag);
    if (frame.kind === 'object') this.#lines.set(frame.object, this.#parser.line);
    this.#stack.push(frame);
  }

  #root(tag: SaxesTagNS): XmlFrame {
    const known = Object.entries(XML_NAMESPACES).find(([, namespace]) => namespace === tag.uri);
    if (known === undefined) {
      const expected = Object.values(XML_NAMESPACES).join(' or ');
      throw this.#refusal(`the namespace "${tag.uri}" is not read, only ${expected}`);
    }
    // The keys of the table.
    this.#version = known[0] as XmlVersion;
    if (tag.local !== 'environment')
      throw this.#refusal(`the outermost element must be environment, not ${tag.local}`);
    return { kind: 'object', segment: '', type: 'Environment', object: {} };
  }

  #child(parent: XmlFrame, tag: SaxesTagNS): XmlFrame {
    const skipped: XmlFrame = { kind: 'skipped', segment: tag.local };
    if (parent.kind === 'skipped') return skipped;
    const frame = this.#expected(parent, tag);
    if (frame === undefined) {
      this.#fault(tag.local, `the metamodel has no element ${tag.local} here`);
      return skipped;
    }
    if (parent.kind === 'object' && Object.hasOwn(parent.object, frame.segment)) {
      this.#fault(tag.local, 'stands there twice');
      return skipped;
    }
    return frame;
  }

  #expected(parent: XmlFrame, tag: SaxesTagNS): XmlFrame | undefined {
    if (this.#version === undefined || tag.uri !== XML_NAMESPACES[this.#version]) return undefined;
    switch (parent.kind) {
      case 'object':
        return memberFrame(parent.type, tag.local);
      case 'list':
        return entryFrame(parent.itemType, parent.segment, tag.local, String(parent.items.length));
      case 'choice':
        return parent.value === undefined
          ? entryFrame(parent.type, parent.segment, tag.local, '')
          : undefined;
      default:
        return undefined;
    }
  }

  #text(text: string): void {
    const frame = this.#stack.at(-1);
    if (frame?.kind === 'text') frame.text += text;
    else if (frame !== undefined && frame.kind !== 'skipped' && text.trim() !== '') {
      this.#fault('', `text "${text.trim().slice(0, 40)}" stands where only elements belong`);
    }
  }

  #close(): void {
    const frame = this.#stack.pop();
    const parent = this.#stack.at(-1);
    if (frame === undefined || frame.kind === 'skipped') return;
    const value = valueOfFrame(frame);
    if (parent === undefined) this.#environment = value as JsonObject;
    else if (value === undefined) return;
    else if (parent.kind === 'object') parent.object[frame.segment] = value;
    else if (parent.kind === 'list') parent.items.push(value);
    else if (parent.kind === 'choice') parent.value = value;
  }

  #path(last: string): string {
    const segments = [...this.#stack.map((frame) => frame.segment), last].filter((segment) => segment !== '');
    return segments.map((segment) => `/${segment}`).join('');
  }

  #fault(last: string, message: string): void {
    this.#faults.push({ path: this.#path(last), line: this.#parser.line, message });
    if (this.#faults.length >= MOST_FAULTS) throw this.#refusal(`more than ${MOST_FAULTS} faults`);
  }

  #refusal(message: string): CodedError {
    const fault = { path: this.#path(''), line: this.#parser.line, message };
    return new CodedError('E_INVALID_INPUT', `line ${fault.line}: ${message}`, {
      faults: [...this.#faults, fault],
    });
  }

  #guard(parse: () => void): void {
    try {
      parse();
    } catch (thrown) {
      if (thrown instanceof CodedError) throw thrown;
      // The tokenizer's own errors begin with `line:column: `.
      const message = thrown instanceof Error ? thrown.message.replace(/^\d+:\d+: /, '') : String(thrown);
      throw this.#refusal(`not well-formed XML: ${message}`);
    }
  }
}
