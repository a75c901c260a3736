import { encodeIdentifier } from '../../../aas/identifier-encoding.ts';
import type { AccessControl } from '../../../aas/server/access/access-control.ts';
import { CodedError } from '../../../runtime/errors.ts';
import { type Answer, type RunningEnvironment, runEnvironment } from '../running-environment.ts';
import { form, packageForm } from './cases.ts';
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
  sampleOperations,
  shellDescriptor,
  submodelDescriptor,
} from './sample.ts';

/** A server with the sample, a token set, and its single objects chosen. */
export interface Contract {
  readonly running: RunningEnvironment;
  /** The sample as an AASX package. */
  readonly aasx: ArrayBuffer;
  /** A call of somebody who may do everything. */
  operator(method: string, path: string, body?: unknown): Promise<Answer>;
  /** A call with a bearer, or with none. */
  call(bearer: string | undefined, method: string, path: string, body?: unknown): Promise<Answer>;
  /** Brings the sample back. @param packages whether the package as well */
  reset(what?: { readonly packages: boolean }): Promise<void>;
  stop(): Promise<void>;
}

/** `operator` may everything, `stranger` nothing; who shows nothing is asked to. */
const access: AccessControl = {
  identify: ({ headers: { authorization } }) => {
    if (authorization === undefined) return { known: false, roles: [] };
    const role = authorization.replace('Bearer ', '');
    if (!['operator', 'stranger'].includes(role)) throw new CodedError('E_UNAUTHORIZED', 'an unknown bearer');
    return { known: true, roles: [role] };
  },
  decide: ({ caller }) => {
    if (!caller.known) return 'authenticate';
    return caller.roles.includes('operator') ? 'allow' : 'refuse';
  },
};

export async function startContract(): Promise<Contract> {
  const operations = sampleOperations();
  const running = await runEnvironment({
    operations,
    access,
    single: { shell: SHELL_ID, submodel: SUBMODEL_ID },
  });
  const call = async (bearer: string | undefined, method: string, path: string, body?: unknown) => {
    const isForm = body instanceof FormData;
    const response = await fetch(`${running.server.url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    });
    const json = (response.headers.get('content-type') ?? '').includes('json');
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' || !json ? undefined : JSON.parse(text),
    };
  };
  const operator = (method: string, path: string, body?: unknown) => call('operator', method, path, body);
  const put = async (path: string, body: unknown, method = 'PUT') => {
    const answer = await operator(method, path, body);
    if (answer.status >= 300)
      throw new Error(`${method} ${path} answers ${answer.status}: ${JSON.stringify(answer.body)}`);
  };
  const submodelPath = `/submodels/${encodeIdentifier(SUBMODEL_ID)}`;
  const shellPath = `/shells/${encodeIdentifier(SHELL_ID)}`;
  const putObjects = () =>
    Promise.all([
      put(submodelPath, SUBMODEL),
      put(shellPath, SHELL),
      put(`/concept-descriptions/${encodeIdentifier(CONCEPT_ID)}`, CONCEPT),
    ]);
  await putObjects();
  const serialized = await fetch(`${running.server.url}/serialization`, {
    headers: { authorization: 'Bearer operator', accept: 'application/asset-administration-shell-package' },
  });
  const contract: Contract = {
    running,
    aasx: await serialized.arrayBuffer(),
    call,
    operator,
    async reset({ packages } = { packages: true }) {
      // A package brings its shells and submodels with it, so it comes first.
      if (packages) await put(`/packages/${encodeIdentifier(PACKAGE_ID)}`, packageForm(contract));
      await putObjects();
      await Promise.all([
        put(`${submodelPath}/submodel-elements/Drawing/attachment`, form('drawing.txt', 'text/plain')),
        put(`${shellPath}/asset-information/thumbnail`, form('picture.png', 'image/png')),
        put(
          `/shell-descriptors/${encodeIdentifier(DESCRIBED_SHELL_ID)}`,
          shellDescriptor(DESCRIBED_SHELL_ID),
        ),
        put(
          `/submodel-descriptors/${encodeIdentifier(DESCRIBED_SUBMODEL_ID)}`,
          submodelDescriptor(DESCRIBED_SUBMODEL_ID),
        ),
        put(`/lookup/shells/${encodeIdentifier(SHELL_ID)}`, ASSET_LINKS, 'POST'),
      ]);
    },
    async stop() {
      operations.close();
      await running.stop();
    },
  };
  await contract.reset();
  return contract;
}
