import { encodeIdentifier } from '../../../aas/identifier-encoding.ts';
import { submodelReference } from '../../../aas/references.ts';
import { eventually } from '../../support/eventually.ts';
import { integer, submodel, text } from '../running-environment.ts';
import type { Contract } from './contract-server.ts';
import type { Operation } from './operations.ts';
import {
  ASSET_LINKS,
  CONCEPT,
  CONCEPT_ID,
  DESCRIBED_SHELL_ID,
  DESCRIBED_SUBMODEL_ID,
  PACKAGE_ID,
  SHELL,
  SHELL_ID,
  SUBMODEL,
  SUBMODEL_ID,
  shellDescriptor,
  submodelDescriptor,
} from './sample.ts';

/** A request that must be answered with a status, or why that status cannot arise here. */
export type Case = Request | { readonly reason: string };

interface Request {
  /** Values of the path's parameters that differ from the sample's. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  /** JSON, or a form. */
  readonly body?: unknown;
  /** Brings the server into the state; what it gives are further parameters. */
  readonly before?: (contract: Contract) => Promise<Readonly<Record<string, string>> | undefined>;
}

const UNKNOWN = encodeIdentifier('urn:contract:unknown');
const WRONG = 42;
let counter = 0;
const fresh = () => `urn:contract:fresh-${counter++}`;

/** The path as if it were reached directly: `S` is a submodel, `A` a shell, whatever they are reached through. */
function shortPath(path: string): string {
  return path
    .replace(/^(\/shells\/\{aasIdentifier\}|\/aas)\/submodels\/\{submodelIdentifier\}/, 'S')
    .replace(/^(\/submodels\/\{submodelIdentifier\}|\/submodel)(?=\/|$)/, 'S')
    .replace(/^(\/shells\/\{aasIdentifier\}|\/aas)(?=\/|$)/, 'A')
    .replace('S/submodel-elements/{idShortPath}', 'E');
}

/** Values of the parameters by which the sample's objects are reached. */
export function sampleParams(path: string): Record<string, string> {
  const descriptors = /^\/(shell|submodel)-descriptors/.test(path);
  const element = /\/attachment/.test(path) ? 'Drawing' : /invoke|operation-/.test(path) ? 'Start' : 'Group';
  return {
    aasIdentifier: encodeIdentifier(descriptors ? DESCRIBED_SHELL_ID : SHELL_ID),
    submodelIdentifier: encodeIdentifier(descriptors ? DESCRIBED_SUBMODEL_ID : SUBMODEL_ID),
    cdIdentifier: encodeIdentifier(CONCEPT_ID),
    packageId: encodeIdentifier(PACKAGE_ID),
    idShortPath: element,
    handleId: UNKNOWN,
  };
}

/** Bodies that are carried out, by method and short path. */
const BODIES: Readonly<Record<string, (contract: Contract) => unknown>> = {
  'POST /shells': () => ({ ...SHELL, id: fresh() }),
  'PUT A': () => SHELL,
  'PUT A/asset-information': () => ({ assetKind: 'Instance', globalAssetId: 'urn:contract:other' }),
  'PUT A/asset-information/thumbnail': () => form('picture.png', 'image/png'),
  'POST A/submodel-refs': () => submodelReference(fresh()),
  'POST /submodels': () => submodel(fresh(), []),
  'PUT S': () => SUBMODEL,
  'PATCH S': () => ({ category: 'PARAMETER' }),
  'PATCH S/$metadata': () => ({ category: 'PARAMETER' }),
  'PATCH S/$value': () => ({ Name: 'saw' }),
  'POST S/submodel-elements': () => text('Fresh', 'x'),
  'POST E': () => integer('Fresh', 1),
  'PUT E': () => ({ modelType: 'SubmodelElementCollection', idShort: 'Group', value: [integer('Count', 8)] }),
  'PATCH E': () => ({ category: 'PARAMETER' }),
  'PATCH E/$metadata': () => ({ category: 'PARAMETER' }),
  'PATCH E/$value': () => ({ Count: 9 }),
  'PUT E/attachment': () => form('drawing.txt', 'text/plain'),
  'POST E/invoke': () => ({ inputArguments: [] }),
  'POST E/invoke/$value': () => ({ inputArguments: {} }),
  'POST E/invoke-async': () => ({ inputArguments: [] }),
  'POST E/invoke-async/$value': () => ({ inputArguments: {} }),
  'POST /concept-descriptions': () => ({ ...CONCEPT, id: fresh() }),
  'PUT /concept-descriptions/{cdIdentifier}': () => CONCEPT,
  'POST /shell-descriptors': () => shellDescriptor(fresh()),
  'PUT /shell-descriptors/{aasIdentifier}': () => shellDescriptor(DESCRIBED_SHELL_ID),
  'POST /shell-descriptors/{aasIdentifier}/submodel-descriptors': () => submodelDescriptor(fresh()),
  'PUT /shell-descriptors/{aasIdentifier}/submodel-descriptors/{submodelIdentifier}': () =>
    submodelDescriptor(DESCRIBED_SUBMODEL_ID),
  'POST /submodel-descriptors': () => submodelDescriptor(fresh()),
  'PUT /submodel-descriptors/{submodelIdentifier}': () => submodelDescriptor(DESCRIBED_SUBMODEL_ID),
  'POST /bulk/shell-descriptors': () => [shellDescriptor(fresh())],
  'PUT /bulk/shell-descriptors': () => [shellDescriptor(fresh())],
  'DELETE /bulk/shell-descriptors': () => [DESCRIBED_SHELL_ID],
  'POST /bulk/submodel-descriptors': () => [submodelDescriptor(fresh())],
  'PUT /bulk/submodel-descriptors': () => [submodelDescriptor(fresh())],
  'DELETE /bulk/submodel-descriptors': () => [DESCRIBED_SUBMODEL_ID],
  'POST /lookup/shellsByAssetLink': () => ASSET_LINKS,
  'POST /lookup/shells/{aasIdentifier}': () => ASSET_LINKS,
  'POST /packages': (contract) => packageForm(contract),
  'PUT /packages/{packageId}': (contract) => packageForm(contract),
};

/** What POST finds already there, for 409. */
const CONFLICTS: Readonly<Record<string, (contract: Contract) => unknown>> = {
  'POST /shells': () => SHELL,
  'POST A/submodel-refs': () => submodelReference(SUBMODEL_ID),
  'POST /submodels': () => SUBMODEL,
  'POST S/submodel-elements': () => text('Name', 'x'),
  'POST E': () => integer('Count', 1),
  'POST /concept-descriptions': () => CONCEPT,
  'POST /shell-descriptors': () => shellDescriptor(DESCRIBED_SHELL_ID),
  'POST /shell-descriptors/{aasIdentifier}/submodel-descriptors': () =>
    submodelDescriptor(DESCRIBED_SUBMODEL_ID),
  'POST /submodel-descriptors': () => submodelDescriptor(DESCRIBED_SUBMODEL_ID),
  'POST /packages': (contract) => packageForm(contract),
};

/** How a PUT is made to create: what is done before, and with which parameters and body it is sent. */
const CREATING: Readonly<Record<string, (contract: Contract) => Promise<Partial<Request>>>> = {
  'PUT A': async (contract) => {
    await contract.operator('DELETE', `/shells/${encodeIdentifier(SHELL_ID)}`);
    return {};
  },
  'PUT S': async (contract) => {
    await contract.operator('DELETE', `/submodels/${encodeIdentifier(SUBMODEL_ID)}`);
    return {};
  },
  'PUT E': async () => ({ params: { idShortPath: 'Fresh' }, body: text('Fresh', 'x') }),
  'PUT /concept-descriptions/{cdIdentifier}': async (contract) => {
    await contract.operator('DELETE', `/concept-descriptions/${encodeIdentifier(CONCEPT_ID)}`);
    return {};
  },
  'PUT /shell-descriptors/{aasIdentifier}': async () => {
    const id = fresh();
    return { params: { aasIdentifier: encodeIdentifier(id) }, body: shellDescriptor(id) };
  },
  'PUT /shell-descriptors/{aasIdentifier}/submodel-descriptors/{submodelIdentifier}': async () => {
    const id = fresh();
    return { params: { submodelIdentifier: encodeIdentifier(id) }, body: submodelDescriptor(id) };
  },
  'PUT /submodel-descriptors/{submodelIdentifier}': async () => {
    const id = fresh();
    return { params: { submodelIdentifier: encodeIdentifier(id) }, body: submodelDescriptor(id) };
  },
  'PUT /packages/{packageId}': async (contract) => {
    await contract.operator('DELETE', `/packages/${encodeIdentifier(PACKAGE_ID)}`);
    return {};
  },
};

/** Statuses that the specification lists and that nothing can bring about here. */
const REASONS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [
    /^(GET|DELETE) A(\/\$reference|\/asset-information(\/thumbnail)?)? 400 single$/,
    'the request has nothing that could be wrong',
  ],
  [
    /^GET \/description 40[04]/,
    'the request has nothing that could be wrong, and the description is always there',
  ],
  [
    /^POST \/lookup\/shells\/\{aasIdentifier\} 409/,
    'it replaces all links: there is nothing to be in conflict with',
  ],
  [
    /^POST \/lookup\/shells\/\{aasIdentifier\} 404/,
    'discovery takes links of shells it does not know; the shell may lie in any repository',
  ],
  [
    /^DELETE \/bulk\/.* 404/,
    'bulk operations are always asynchronous: an unknown id is found later and is the 400 of the result',
  ],
  [
    /^GET \/bulk\/status\/\{handleId\} 200/,
    'when a short operation runs is not to be hit over HTTP; bulk.test.ts holds one',
  ],
];

/** The case of one operation and status; undefined if none is known, which the test reports. */
export async function caseOf(
  contract: Contract,
  operation: Operation,
  status: number,
): Promise<Case | undefined> {
  const short = `${operation.method} ${shortPath(operation.path)}`;
  const single = /^\/(aas|submodel)(\/|$)/.test(operation.path) ? ' single' : '';
  const reason = REASONS.find(([pattern]) => pattern.test(`${short} ${status}${single}`));
  if (reason !== undefined) return { reason: reason[1] };
  const body = BODIES[short]?.(contract);
  if (status === 201 && operation.method === 'PUT') {
    const creating = CREATING[short];
    return creating === undefined ? undefined : { body, ...(await creating(contract)) };
  }
  if (status < 400) return successOf(short, operation, status, body);
  if (status === 400) return malformed(short, operation);
  if (status === 404) return notFound(short, operation, body);
  if (status === 405) return { params: { idShortPath: 'Name' }, body };
  if (status === 409) {
    const conflict = CONFLICTS[short];
    return conflict === undefined ? undefined : { body: conflict(contract) };
  }
  return undefined;
}

function successOf(short: string, operation: Operation, status: number, body: unknown): Case | undefined {
  if (operation.path.startsWith('/lookup/shells') && operation.method === 'GET') {
    return { query: `?assetIds=${encodeIdentifier(JSON.stringify(ASSET_LINKS[0]))}` };
  }
  if (/^GET E\/operation-/.test(short)) {
    const running = status === 200 && short.includes('operation-status');
    return {
      params: { idShortPath: running ? 'Hang' : 'Start' },
      before: (contract) => startedOperation(contract, running ? 'Hang' : 'Start'),
    };
  }
  if (operation.path.startsWith('/bulk/status') || operation.path.startsWith('/bulk/result')) {
    return { before: (contract) => endedBulk(contract, [shellDescriptor(fresh())]) };
  }
  if (short === 'POST /packages') {
    return {
      body,
      before: async (contract) => {
        // A package that is stored already is refused.
        await contract.operator('DELETE', `/packages/${encodeIdentifier(PACKAGE_ID)}`);
        return undefined;
      },
    };
  }
  return { body };
}

/** A body that is none, a parameter that is none, or a page that is none. */
function malformed(short: string, operation: Operation): Case | undefined {
  if (short in BODIES) return { body: WRONG };
  if (operation.path.includes('{idShortPath}')) return { params: { idShortPath: '%5B0%5D' } };
  const last = [...operation.path.matchAll(/\{(\w+)\}/g)].at(-1)?.[1];
  if (operation.path === '/bulk/result/{handleId}') {
    return { before: (contract) => endedBulk(contract, [WRONG]) };
  }
  if (operation.path === '/serialization') return { query: '?aasIds=!' };
  if (/\$(metadata|reference)$/.test(short) && short.includes(' S')) return { query: '?level=deep' };
  if (/^GET S(\/\$(value|path))?$/.test(short)) return { query: '?level=wide' };
  if (last !== undefined) return { params: { [last]: '!' } };
  return { query: '?limit=0' };
}

/** The last thing that the path names is unknown; of a PUT what would hold it. */
function notFound(short: string, operation: Operation, body: unknown): Case | undefined {
  if (short === 'PUT E') return { params: { idShortPath: 'Nowhere.Child' }, body: text('Child', 'x') };
  if (short === 'PUT S') return { params: { aasIdentifier: UNKNOWN }, body };
  if (/^PUT .*\/submodel-descriptors\/\{submodelIdentifier\}$/.test(short)) {
    return { params: { aasIdentifier: UNKNOWN }, body };
  }
  if (operation.path === '/aas/asset-information/thumbnail') {
    if (operation.method === 'PUT') return { reason: 'the one shell is always there' };
    return {
      before: async (contract) => {
        await contract.operator('DELETE', '/aas/asset-information/thumbnail');
        return undefined;
      },
    };
  }
  const last = [...operation.path.matchAll(/\{(\w+)\}/g)].at(-1)?.[1];
  if (last === undefined) return undefined;
  return { params: { [last]: last === 'idShortPath' ? 'Nowhere' : UNKNOWN }, body };
}

/** Begins an operation; the one that ends has ended. */
async function startedOperation(contract: Contract, idShort: string): Promise<Record<string, string>> {
  const element = `/submodels/${encodeIdentifier(SUBMODEL_ID)}/submodel-elements/${idShort}`;
  const started = await contract.operator('POST', `${element}/invoke-async`, { inputArguments: [] });
  const status = started.headers.get('location') ?? '';
  const handleId = status.split('/').at(-1) ?? '';
  if (idShort !== 'Hang') {
    await eventually(async () => (await contract.operator('GET', status)).status === 302);
  }
  return { handleId };
}

async function endedBulk(contract: Contract, entries: readonly unknown[]): Promise<Record<string, string>> {
  const started = await contract.operator('POST', '/bulk/shell-descriptors', entries);
  const status = started.headers.get('location') ?? '';
  await eventually(async () => (await contract.operator('GET', status)).status === 302);
  return { handleId: status.split('/').at(-1) ?? '' };
}

export function form(fileName: string, type: string, content: ArrayBuffer | string = 'content'): FormData {
  const data = new FormData();
  data.set('fileName', fileName);
  data.set('file', new Blob([content], { type }), fileName);
  return data;
}

export function packageForm(contract: Contract): FormData {
  return form('contract.aasx', 'application/asset-administration-shell-package', contract.aasx);
}
