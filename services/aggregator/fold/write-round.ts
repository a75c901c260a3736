import { setImmediate } from 'node:timers/promises';
import {
  type FinishedOutline,
  finishedPieces,
  type ReducedClose,
} from '../../../learning/pipeline/finish-pieces.ts';
import { slotTensorName, stateMetadata, stateTensors } from '../../../learning/strategies/strategy-state.ts';
import { type VersionMetadata, writeVersionMetadata } from '../../../learning/weights/version-metadata.ts';
import type { StoredFile } from '../../../runtime/file-store.ts';
import type { Store } from '../store/store.ts';
import type { FoldedRound, FoldedVersion } from './fold-round.ts';
import { type TensorDraft, tensorDraft } from './tensor-draft.ts';

/**
 * Writes what comes of a reduced round; other work gets its turn between two large pieces.
 * @param next the versions, one a group of the outline. @param like what their files say beside group and number.
 */
export async function writeRound(
  store: Store,
  close: ReducedClose,
  outline: FinishedOutline,
  next: readonly Omit<FoldedVersion, keyof StoredFile>[],
  like: VersionMetadata,
): Promise<Pick<FoldedRound, 'versions' | 'state'>> {
  const { model, strategy } = close;
  // Without slots and groups a state says no more than how many rounds there were.
  const isKept = outline.slots.size > 0 || strategy.groupsOf !== undefined;
  const drafts: TensorDraft[] = [];
  const begin = (...draft: Parameters<typeof tensorDraft>) => {
    const begun = tensorDraft(...draft);
    drafts.push(begun);
    return begun;
  };
  try {
    const versions = new Map(
      next.map(({ group, number }) => [
        group,
        begin(store.versionFiles, model, writeVersionMetadata({ ...like, group, number })),
      ]),
    );
    const stateSpecs = stateTensors(outline.slots, model);
    const state = isKept ? begin(store.versionFiles, stateSpecs, stateMetadata(outline.state)) : undefined;
    for (const piece of finishedPieces(close)) {
      for (const [group, values] of piece.versions)
        versions.get(group)!.write(piece.tensor, piece.begin, values);
      for (const [slot, values] of piece.slots) {
        state?.write(slotTensorName(slot, piece.tensor), piece.begin, values);
      }
      if (piece.begin > 0) await setImmediate();
    }
    const stored: FoldedVersion[] = [];
    for (const each of next) stored.push({ ...each, ...(await versions.get(each.group)!.store()) });
    return { versions: stored, state: await state?.store() };
  } finally {
    for (const draft of drafts) await draft.discard();
  }
}
