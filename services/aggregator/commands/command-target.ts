import type { AasIds } from '../../../aas/submodels/aas-ids.ts';
import type { Participants } from '../participants.ts';
import type { Store } from '../store/store.ts';

/** On whose shell a command was invoked. */
export type CommandTarget =
  | { readonly kind: 'federation'; readonly federation: string }
  | { readonly kind: 'participant'; readonly participant: string };

/** Id of the submodel with the commands of a federation or a participant. */
export function commandsId(ids: AasIds, target: CommandTarget): string {
  const shell =
    target.kind === 'federation' ? ids.federation(target.federation) : ids.participant(target.participant);
  return ids.submodel(shell, 'Commands');
}

/** Whose commands a submodel holds; undefined if it holds none of ours. */
export function findCommandTarget(
  submodelId: string,
  { ids, store, participants }: { ids: AasIds; store: Store; participants: Participants },
): CommandTarget | undefined {
  const targets: CommandTarget[] = [
    ...store.federations
      .all()
      .map(({ federation }) => ({ kind: 'federation' as const, federation: federation.id })),
    ...participants.ids().map((participant) => ({ kind: 'participant' as const, participant })),
  ];
  return targets.find((target) => commandsId(ids, target) === submodelId);
}
