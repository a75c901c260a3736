import type { Caller as AasCaller, AccessControl } from '../../../aas/server/access/access-control.ts';
import type { Admission } from '../admission.ts';
import { type Caller, callerReader } from './caller.ts';

const ROLES: Readonly<Record<Caller['kind'], AasCaller>> = {
  operator: { known: true, roles: ['operator'] },
  trainer: { known: true, roles: ['trainer'] },
  nobody: { known: false, roles: [] },
};

/** Access to the AAS by the API's own token: trainers read with their keys, only an operator writes and invokes. */
export function aasAccess(admission: Admission, apiToken: string): AccessControl {
  const readCaller = callerReader(admission, apiToken);
  return {
    identify: (request) => ROLES[readCaller(request.headers.authorization).kind],
    decide: ({ caller, operation }) => {
      if (!caller.known) return 'authenticate';
      return operation === 'READ' || caller.roles.includes('operator') ? 'allow' : 'refuse';
    },
  };
}
