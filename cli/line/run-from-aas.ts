import { existsSync, readFileSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import type { ForeignElement } from '../../aas/client/element-tree.ts';
import type { InterfaceSubmodels } from '../../aas/client/find-interface-submodels.ts';
import type { DescribedInterface } from '../../aas/client/interface-description.ts';
import { CodedError } from '../../runtime/errors.ts';
import type { FromAasOptions } from '../commands/line.ts';
import { Interruption } from '../terminal/interruption.ts';
import { answer } from '../terminal/output.ts';
import { printable } from '../terminal/printable.ts';
import { type AasLine, aasLine } from './aas-line.ts';
import { lineFileText } from './line-file-text.ts';
import { lineLog, linePkiFolder } from './server-options.ts';
import { tellingTrustFolder } from './trust-hint.ts';
import { withNamespaceUris } from './with-namespace-uris.ts';

/** Most that a file may hold. */
const LIMITS = { partBytes: 1024 ** 3, modelBytes: 256 * 1024 ** 2, totalBytes: 2 * 1024 ** 3 };

/** Makes a line file of what an AAS says of a machine's interface. */
export async function runFromAas(options: FromAasOptions): Promise<void> {
  const { descriptions, mappings } = await submodelsOf(options);
  const { describedInterfaces } = await import('../../aas/client/interface-description.ts');
  const { mappedPairs } = await import('../../aas/client/mapping-configuration.ts');
  const pairs = mappings.flatMap(mappedPairs);
  const description = chosenInterface(descriptions.flatMap(describedInterfaces), options.interface);
  const described = aasLine({ description, pairs });
  const { remarks } = described;
  const { line, notes } = options.resolve === true ? await resolved(described, options.pki) : described;
  const { validate } = await import('../../openapi/validate.ts');
  // Checked as it will be read; the copy gets the defaults.
  validate('OpcuaSource', structuredClone(line), `the interface ${description.idShort}`);
  const text = lineFileText({
    about: [
      `Line file of the interface ${description.idShort} of ${description.submodelId},`,
      `written by fedshell line from-aas. Check it with fedshell line check FILE.`,
      ...notes.map((note) => `Note: ${note}.`),
    ],
    line,
    remarks,
  });
  const { output } = options;
  if (output !== undefined) {
    if (existsSync(output) && options.force !== true) {
      throw new CodedError('E_ALREADY_EXISTS', `${output} is there already; --force writes over it`);
    }
    await writeFile(output, text);
  }
  answer(options, { line, notes, file: output }, () =>
    output === undefined
      ? text.trimEnd()
      : [`line file ${output}`, ...notes.map((note) => printable(`note: ${note}`))].join('\n'),
  );
}

/** The same with the namespace URIs that the machine has now. @throws CodedError as `visit` does */
async function resolved(
  { line, notes }: AasLine,
  pki: string | undefined,
): Promise<Pick<AasLine, 'line' | 'notes'>> {
  const { visit } = await import('../../connectors/opcua/visit.ts');
  const pkiFolder = linePkiFolder(pki);
  const interruption = new Interruption();
  const { endpoint, securityMode, trust } = line;
  const server = { endpoint, securityMode, trust };
  const looking = visit(
    { server, pkiFolder, log: lineLog(), signal: interruption.signal },
    async (look) => look,
  );
  const { namespaces } = await interruption.during(tellingTrustFolder(pkiFolder, looking));
  return {
    line: withNamespaceUris(line, namespaces),
    notes: notes.filter((note) => !note.includes('(ns=)')),
  };
}

async function submodelsOf(options: FromAasOptions): Promise<InterfaceSubmodels> {
  const { file, registry, shell, submodelRegistry, token, host } = options;
  if (
    (file === undefined) === (registry === undefined) ||
    (registry === undefined) !== (shell === undefined)
  ) {
    throw new CodedError('E_INVALID_INPUT', 'give either --file, or --registry with --shell');
  }
  const client = await import('../../aas/client/find-interface-submodels.ts');
  if (file !== undefined) {
    const found = client.interfaceSubmodels(await submodelsOfFile(file));
    if (found.descriptions.length > 0) return found;
    throw new CodedError('E_AAS_NOT_FOUND', `${file} has no Asset Interfaces Description`);
  }
  const bearer = token === undefined ? {} : { bearerToken: readFileSync(token, 'utf8').trim() };
  return client.findInterfaceSubmodels({
    registry: { url: registry ?? '', ...bearer },
    shellId: shell ?? '',
    ...(submodelRegistry === undefined ? {} : { submodelRegistry: { url: submodelRegistry, ...bearer } }),
    ...(host === undefined ? {} : { hosts: host }),
  });
}

/** Submodels of a file: one submodel, a list of them, or an environment in JSON, XML or AASX. */
async function submodelsOfFile(file: string): Promise<readonly ForeignElement[]> {
  const { isZip, openEnvironmentFile } = await import('../../aas/server/packages/open-environment-file.ts');
  // A package may be larger than any text.
  const isText = !(await readable(file, isZip(file))) && (await stat(file)).size <= LIMITS.modelBytes;
  const bare = isText ? bareSubmodels(await readable(file, readFile(file, 'utf8'))) : undefined;
  if (bare !== undefined) return bare;
  const opened = await openEnvironmentFile(file, LIMITS);
  try {
    return opened.environment.submodels ?? [];
  } finally {
    opened.close();
  }
}

async function readable<Value>(file: string, reading: Promise<Value>): Promise<Value> {
  try {
    return await reading;
  } catch (cause) {
    throw new CodedError('E_FILE_NOT_FOUND', `the file ${file} cannot be read`, { cause });
  }
}

/** Undefined for whatever is not one submodel or a list of them in JSON. */
function bareSubmodels(text: string): readonly ForeignElement[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isSubmodel = (one: unknown): one is ForeignElement =>
      typeof one === 'object' && one !== null && 'submodelElements' in one;
    if (Array.isArray(value) && value.every(isSubmodel)) return value;
    return isSubmodel(value) ? [value] : undefined;
  } catch {
    // No JSON: the file may be XML or a package.
    return undefined;
  }
}

function chosenInterface(
  interfaces: readonly DescribedInterface[],
  name: string | undefined,
): DescribedInterface {
  const matching = interfaces.filter(({ idShort }) => name === undefined || idShort === name);
  const [first] = matching;
  const names = interfaces.map(({ idShort }) => idShort).join(', ');
  if (first === undefined) {
    const message =
      interfaces.length === 0
        ? 'the Asset Interfaces Description has no OPC UA interface'
        : `--interface ${name} is none of ${names}`;
    throw new CodedError('E_INVALID_INPUT', message);
  }
  if (matching.length === 1) return first;
  throw new CodedError(
    'E_INVALID_INPUT',
    `there are several OPC UA interfaces; --interface chooses one of ${names}`,
  );
}
