import { CodedError } from '../../../runtime/errors.ts';
import type { Publication } from '../../publication.ts';
import type { AasTarget, TargetMemory } from './aas-target.ts';
import { publicationParts, submodelIdsOf } from './publication-parts.ts';
import { statusOf } from './put-object.ts';
import { TargetWriter } from './target-writer.ts';

interface PublishOptions {
  readonly target: AasTarget;
  readonly publication: Publication;
  readonly memory: TargetMemory;
  /** Write even what the target is known to have, except for files. @defaultValue false */
  readonly everything?: boolean;
}

/** What a publishing found out. */
export interface PublishOutcome {
  /** The target no longer had things that it had taken before: it lost its state. */
  readonly lost: boolean;
}

/**
 * Brings a publication to a target: what our ids mean, then shell by shell its submodels with their files, the shell,
 * the submodels' descriptors, the shell's descriptor and its discovery links. So whoever finds an entry finds the thing
 * behind it. Each step may be repeated at any time; a step that fails leaves the earlier ones in place.
 * @throws CodedError `E_AAS_REQUEST`, `E_AAS_NOT_FOUND`, `E_FILE_NOT_FOUND`; the detail `lost` is true where a submodel
 * that grows is gone
 */
export async function publishToTarget(options: PublishOptions): Promise<PublishOutcome> {
  const { target, publication, memory } = options;
  const { conceptDescriptions = [], frames = [], elements = [], remove } = publication;
  const writer = new TargetWriter(target, memory, options.everything ?? false);
  const all = [...(publication.submodels ?? []), ...frames];
  const known = new Map(all.map((submodel) => [submodel.id, submodel]));
  for (const concept of conceptDescriptions) await writer.conceptDescription(concept);
  for (const frame of frames) await writer.frame(frame);
  try {
    for (const element of elements) await writer.element(element);
  } catch (thrown) {
    if (statusOf(thrown) !== 404) throw thrown;
    // The submodel they grow in is gone; the next try makes it anew.
    for (const { id } of frames) memory.forget('frame', id);
    for (const element of elements) writer.forgetElement(element);
    const { code, message, details } = thrown as CodedError; // Only a CodedError has a status.
    throw new CodedError(code, message, { cause: thrown, details: { ...details, lost: true } });
  }
  for (const { shell, submodels, attachments } of publicationParts(publication)) {
    for (const submodel of submodels) await writer.submodel(submodel, attachments);
    if (shell === undefined) {
      for (const submodel of submodels) await writer.submodelDescriptor(submodel);
      continue;
    }
    await writer.shell(shell);
    const ofShell = submodelIdsOf(shell).flatMap((id) => known.get(id) ?? []);
    for (const submodel of ofShell) await writer.submodelDescriptor(submodel);
    await writer.shellDescriptor(shell, ofShell);
    await writer.links(shell);
  }
  for (const id of remove?.shells ?? []) await writer.removeShell(id);
  for (const id of remove?.submodels ?? []) await writer.removeSubmodel(id);
  return { lost: writer.lost };
}
