import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VirtualParticipant } from '../../services/simulation/virtual-participant.ts';
import { encodeFrozenIndex, readFrozenIndex } from '../../services/trainer/data-set/frozen-index.ts';

/** The same participant with every train example labelled as the next class. */
export async function withPermutedLabels(
  participant: VirtualParticipant,
  classes: number,
  folder: string,
): Promise<VirtualParticipant> {
  const frozen = await readFrozenIndex(participant.frozenFile);
  const { train } = frozen;
  const labels = train.labels.map((label) => (label + 1) % classes);
  const frozenFile = join(folder, `${participant.id}.permuted`);
  writeFileSync(frozenFile, encodeFrozenIndex({ ...frozen, train: { ...train, labels } }));
  return { ...participant, frozenFile };
}
