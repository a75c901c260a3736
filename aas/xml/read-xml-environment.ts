import { CodedError, type Fault } from '../../runtime/errors.ts';
import { checkEnvironment, type EnvironmentJson } from '../environment-json.ts';
import { decodeXml } from './decode-xml.ts';
import { XmlEnvironmentReader } from './xml-environment-reader.ts';
import type { XmlVersion } from './xml-names.ts';

/**
 * Reads the XML of an Environment of metamodel 3.0 or 3.1 as it arrives, and checks its structure.
 * @throws CodedError `E_INVALID_INPUT` with every fault, its path in the JSON of the Environment and its line
 */
export async function readXmlEnvironment(
  content: AsyncIterable<Uint8Array>,
): Promise<{ readonly environment: EnvironmentJson; readonly version: XmlVersion }> {
  const reader = new XmlEnvironmentReader();
  for await (const text of decodeXml(content)) reader.write(text);
  const { environment, version } = reader.end();
  try {
    return { environment: checkEnvironment(environment), version };
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    const faults = thrown.faults.map((fault) => withLine(fault, environment, reader));
    const [first] = faults;
    const message = first?.line === undefined ? thrown.message : `line ${first.line}: ${thrown.message}`;
    throw new CodedError(thrown.code, message, { faults, cause: thrown });
  }
}

/** A fault has the line of the innermost object on its path. */
function withLine(fault: Fault, environment: object, reader: XmlEnvironmentReader): Fault {
  let at: unknown = environment;
  let line = reader.lineOf(environment);
  for (const segment of fault.path.split('/').slice(1)) {
    if (typeof at !== 'object' || at === null) break;
    // A step into JSON of any shape: what it leads to is looked at before the next one.
    at = (at as Readonly<Record<string, unknown>>)[segment];
    if (typeof at === 'object' && at !== null) line = reader.lineOf(at) ?? line;
  }
  return line === undefined ? fault : { ...fault, line };
}
