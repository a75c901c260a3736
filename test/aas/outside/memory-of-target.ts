import type { TargetMemory } from '../../../aas/client/publish/aas-target.ts';

/** What a target holds, kept in this process. */
export function memoryOfTarget(): TargetMemory {
  const held = new Map<string, string>();
  return {
    get: (kind, id) => held.get(`${kind} ${id}`),
    put: (kind, id, fingerprint) => {
      held.set(`${kind} ${id}`, fingerprint);
    },
    forget: (kind, id) => {
      held.delete(`${kind} ${id}`);
    },
  };
}
