import type { Request, RequestHandler } from 'express';
import { CodedError } from '../../../runtime/errors.ts';
import { decodeIdentifier, encodeIdentifier } from '../../identifier-encoding.ts';
import { jsonBody, pathValue } from '../http/request-values.ts';
import { resultBody } from '../http/result-body.ts';
import type { RouteTable } from '../http/route-table.ts';
import type { BulkJobs } from '../registry/bulk-jobs.ts';
import { checkShellDescriptor, checkSubmodelDescriptor } from '../registry/check-descriptor.ts';
import { RegistryWriter } from '../registry/registry-writer.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import { SUBMODEL_REGISTRY } from '../storage/descriptor-store.ts';

/** What is done with each entry of a bulk request. */
type EntryWork = (entry: unknown) => void;

/** Bulk writing of the AAS registry. */
export function shellBulkRoutes(storage: AasStorage, jobs: BulkJobs): RouteTable {
  const writer = new RegistryWriter(storage);
  const accept = accepting(storage, jobs);
  return {
    '/bulk/shell-descriptors': {
      post: accept((entry) => writer.createShell(checkShellDescriptor(entry), 'bulk')),
      put: accept((entry) => writer.putShell(checkShellDescriptor(entry), 'bulk')),
      delete: accept((entry) => writer.removeShell(checkId(entry), 'bulk')),
    },
  };
}

/** Bulk writing of the submodel registry. */
export function submodelBulkRoutes(storage: AasStorage, jobs: BulkJobs): RouteTable {
  const writer = new RegistryWriter(storage);
  const accept = accepting(storage, jobs);
  return {
    '/bulk/submodel-descriptors': {
      post: accept((entry) =>
        writer.createSubmodel(SUBMODEL_REGISTRY, checkSubmodelDescriptor(entry), 'bulk'),
      ),
      put: accept((entry) => writer.putSubmodel(SUBMODEL_REGISTRY, checkSubmodelDescriptor(entry), 'bulk')),
      delete: accept((entry) => writer.removeSubmodel(SUBMODEL_REGISTRY, checkId(entry), 'bulk')),
    },
  };
}

/** How bulk operations go and ended; both registries share it. */
export function bulkStateRoutes(jobs: BulkJobs): RouteTable {
  const stateOf = (request: Request) => {
    const handle = decodeIdentifier(pathValue(request, 'handleId'));
    const state = jobs.state(handle);
    if (state !== undefined) return { handle, state };
    throw new CodedError(
      'E_AAS_NOT_FOUND',
      `there is no bulk operation ${handle}, or its result has expired`,
    );
  };
  return {
    '/bulk/status/:handleId': {
      get: (request, response) => {
        const { handle, state } = stateOf(request);
        if (state.kind === 'running') {
          response.set('Retry-After', '1').json({ executionState: 'Running', success: false });
          return;
        }
        const result = `${bulkPath(request, 'status/[^/]*')}/result/${encodeIdentifier(handle)}`;
        response.status(302).location(result).end();
      },
    },
    '/bulk/result/:handleId': {
      get: (request, response) => {
        const { state } = stateOf(request);
        if (state.kind === 'running') {
          throw new CodedError('E_AAS_NOT_FOUND', 'the bulk operation has no result yet');
        }
        if (state.kind === 'failed') response.status(400).json(resultBody(state.error));
        else response.status(204).end();
      },
    },
  };
}

/** All entries in one transaction: a fault in one undoes all, and is told with its place in the list. */
function accepting(storage: AasStorage, jobs: BulkJobs): (work: EntryWork) => RequestHandler {
  return (work) => (request, response) => {
    const entries = jsonBody(request);
    if (!Array.isArray(entries) || entries.length === 0) {
      throw new CodedError('E_INVALID_INPUT', 'the body must be a list of at least one entry');
    }
    const handle = jobs.start(() =>
      storage.writeTogether(() => {
        (entries as readonly unknown[]).forEach((entry, index) => {
          workOn(work, entry, index);
        });
      }),
    );
    response
      .status(202)
      .location(`${bulkPath(request, '[^/]*')}/status/${encodeIdentifier(handle)}`)
      .end();
  };
}

function workOn(work: EntryWork, entry: unknown, index: number): void {
  try {
    work(entry);
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    const { code, message, faults } = thrown;
    throw new CodedError(code, `entry ${index}: ${message}`, { cause: thrown, faults });
  }
}

function checkId(entry: unknown): string {
  if (typeof entry === 'string' && entry !== '') return entry;
  throw new CodedError('E_INVALID_INPUT', 'must be the id of a descriptor');
}

/** Path of `/bulk` as the caller wrote it, with its prefix. @param below pattern of what stands after it */
function bulkPath(request: Request, below: string): string {
  const path = request.originalUrl.split('?')[0] ?? '';
  return path.replace(new RegExp(`/${below}/?$`), '');
}
