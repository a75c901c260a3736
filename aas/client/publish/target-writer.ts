import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../runtime/canonical-json.ts';
import { encodeIdentifier } from '../../identifier-encoding.ts';
import type { ConceptDescription, JsonObject, Shell, Submodel } from '../../model.ts';
import type { PublishedAttachment, PublishedElement } from '../../publication.ts';
import { describeShell, describeSubmodel } from '../../server/storage/descriptors.ts';
import { baseUrlOf, requestAasJson, sendAas } from '../aas-request.ts';
import { uploadAttachment } from '../upload-attachment.ts';
import { type AasTarget, type HeldKind, servedUrl, type TargetMemory } from './aas-target.ts';
import { delegatingCopy, hasOperations } from './operation-submodels.ts';
import { putElement } from './put-element.ts';
import { deleteObject, putObject, statusOf } from './put-object.ts';

/** The steps towards one target: each does nothing where the target is known to have it, unless everything is compared. */
export class TargetWriter {
  lost = false;
  readonly #target: AasTarget;
  readonly #memory: TargetMemory;
  readonly #everything: boolean;

  constructor(target: AasTarget, memory: TargetMemory, everything: boolean) {
    this.#target = target;
    this.#memory = memory;
    this.#everything = everything;
  }

  async conceptDescription(concept: ConceptDescription): Promise<void> {
    const { repository } = this.#target;
    if (repository === undefined) return;
    await this.#putUnlessKnown('concept-description', '/concept-descriptions', concept, repository);
  }

  /** Stores a submodel that grows element by element, where there is none yet. */
  async frame(frame: Submodel): Promise<void> {
    const { repository } = this.#target;
    const isKnown = this.#memory.get('frame', frame.id) !== undefined;
    if (repository === undefined || (isKnown && !this.#everything)) return;
    if (!(await this.#isThere(frame.id))) {
      await putObject(repository, '/submodels', frame);
      if (isKnown) this.lost = true;
    }
    this.#memory.put('frame', frame.id, 'there');
  }

  /** Stores an element of a frame. */
  async element(element: PublishedElement): Promise<void> {
    const { repository } = this.#target;
    if (repository === undefined) return;
    const id = elementId(element);
    const fingerprint = fingerprintOf(element.element);
    const before = this.#memory.get('element', id);
    if (!this.#everything && before === fingerprint) return;
    if (element.keep === true && before !== undefined && !this.#everything) return;
    await putElement(repository, element);
    this.#memory.put('element', id, fingerprint);
  }

  forgetElement(element: PublishedElement): void {
    this.#memory.forget('element', elementId(element));
  }

  async submodel(submodel: Submodel, attachments: readonly PublishedAttachment[]): Promise<void> {
    const { repository, delegationBaseUrl } = this.#target;
    if (repository === undefined) return;
    const isOurs = hasOperations(submodel);
    // A copy whose operations lead nowhere would mislead: without delegation there is none.
    if (isOurs && delegationBaseUrl === undefined) return;
    const body = isOurs ? delegatingCopy(submodel, delegationBaseUrl ?? '') : submodel;
    const own = attachments.filter(({ submodelId }) => submodelId === submodel.id);
    const fingerprint = fingerprintOf([body, own.map(({ idShortPath, sha256 }) => [idShortPath, sha256])]);
    const isKnown = this.#memory.get('submodel', submodel.id) === fingerprint;
    // A submodel with files is not written over without need: that could cut its elements off from them.
    if (isKnown && (!this.#everything || (own.length > 0 && (await this.#isThere(submodel.id))))) return;
    await this.#put('submodel', '/submodels', body, '', repository);
    for (const attachment of own) {
      await uploadAttachment(repository, this.#attachmentUrl(attachment), attachment);
    }
    this.#memory.put('submodel', submodel.id, fingerprint);
  }

  async shell(shell: Shell): Promise<void> {
    const { repository } = this.#target;
    if (repository === undefined) return;
    await this.#putUnlessKnown('shell', '/shells', shell, repository);
  }

  async submodelDescriptor(submodel: Submodel): Promise<void> {
    const { submodelRegistry } = this.#target;
    if (submodelRegistry === undefined) return;
    const descriptor = this.#describe(submodel);
    await this.#putUnlessKnown('submodel-descriptor', '/submodel-descriptors', descriptor, submodelRegistry);
  }

  async shellDescriptor(shell: Shell, submodels: readonly Submodel[]): Promise<void> {
    const { aasRegistry } = this.#target;
    if (aasRegistry === undefined) return;
    const descriptor = {
      // Our own builders' types are a part of the metamodel's JSON.
      ...describeShell(shell as unknown as JsonObject, servedUrl(this.#target)),
      ...(submodels.length === 0
        ? {}
        : { submodelDescriptors: submodels.map((submodel) => this.#describe(submodel)) }),
    };
    await this.#putUnlessKnown('shell-descriptor', '/shell-descriptors', descriptor, aasRegistry);
  }

  /** Tells discovery the asset's ids; they replace those it had of the shell. */
  async links(shell: Shell): Promise<void> {
    const { discovery } = this.#target;
    if (discovery === undefined) return;
    const { globalAssetId, specificAssetIds = [] } = shell.assetInformation;
    const links = [
      ...(globalAssetId === undefined ? [] : [{ name: 'globalAssetId', value: globalAssetId }]),
      ...specificAssetIds.map(({ name, value }) => ({ name, value })),
    ];
    const fingerprint = fingerprintOf(links);
    if (!this.#everything && this.#memory.get('links', shell.id) === fingerprint) return;
    const url = `${baseUrlOf(discovery)}/lookup/shells/${encodeIdentifier(shell.id)}`;
    try {
      await sendAas(discovery, url, { method: 'POST', body: links });
    } catch (thrown) {
      // Servers that do not replace links want the old ones out first.
      if (statusOf(thrown) !== 409) throw thrown;
      await deleteObject(discovery, '/lookup/shells', shell.id);
      await sendAas(discovery, url, { method: 'POST', body: links });
    }
    this.#memory.put('links', shell.id, fingerprint);
  }

  async removeShell(id: string): Promise<void> {
    const { repository, aasRegistry, discovery } = this.#target;
    if (!this.#mayHave(SHELL_KINDS, id)) return;
    if (aasRegistry !== undefined) await deleteObject(aasRegistry, '/shell-descriptors', id);
    if (discovery !== undefined) await deleteObject(discovery, '/lookup/shells', id);
    if (repository !== undefined) await deleteObject(repository, '/shells', id);
    for (const kind of SHELL_KINDS) this.#memory.forget(kind, id);
  }

  async removeSubmodel(id: string): Promise<void> {
    const { repository, submodelRegistry } = this.#target;
    if (!this.#mayHave(SUBMODEL_KINDS, id)) return;
    if (submodelRegistry !== undefined) await deleteObject(submodelRegistry, '/submodel-descriptors', id);
    if (repository !== undefined) await deleteObject(repository, '/submodels', id);
    for (const kind of SUBMODEL_KINDS) this.#memory.forget(kind, id);
  }

  #mayHave(kinds: readonly HeldKind[], id: string): boolean {
    return this.#everything || kinds.some((kind) => this.#memory.get(kind, id) !== undefined);
  }

  #describe(submodel: Submodel) {
    const baseUrl = hasOperations(submodel)
      ? this.#target.ownUrl.replace(/\/+$/, '')
      : servedUrl(this.#target);
    // Our own builders' types are a part of the metamodel's JSON.
    return describeSubmodel(submodel as unknown as JsonObject, baseUrl);
  }

  async #putUnlessKnown(
    kind: HeldKind,
    collection: string,
    object: { readonly id: string },
    server: NonNullable<AasTarget['repository']>,
  ): Promise<void> {
    const fingerprint = fingerprintOf(object);
    if (!this.#everything && this.#memory.get(kind, object.id) === fingerprint) return;
    await this.#put(kind, collection, object, fingerprint, server);
  }

  /** @param fingerprint empty for what is not complete yet: it counts as held, and is written again. */
  async #put(
    kind: HeldKind,
    collection: string,
    object: { readonly id: string },
    fingerprint: string,
    server: NonNullable<AasTarget['repository']>,
  ): Promise<void> {
    const before = this.#memory.get(kind, object.id);
    // Noted before it is sent: what a kill leaves there can still be taken out.
    if (before === undefined) this.#memory.put(kind, object.id, '');
    const outcome = await putObject(server, collection, object);
    if (outcome === 'created' && before !== undefined && before !== '') this.lost = true;
    this.#memory.put(kind, object.id, fingerprint);
  }

  async #isThere(submodelId: string): Promise<boolean> {
    const { repository } = this.#target;
    if (repository === undefined) return false;
    const url = `${baseUrlOf(repository)}/submodels/${encodeIdentifier(submodelId)}`;
    try {
      await requestAasJson(repository, url);
      return true;
    } catch (thrown) {
      if (statusOf(thrown) === 404) return false;
      throw thrown;
    }
  }

  #attachmentUrl({ submodelId, idShortPath }: PublishedAttachment): string {
    // Only called where there is a repository.
    const base = baseUrlOf(this.#target.repository ?? { url: this.#target.ownUrl });
    const path = encodeURIComponent(idShortPath);
    return `${base}/submodels/${encodeIdentifier(submodelId)}/submodel-elements/${path}/attachment`;
  }
}

const SHELL_KINDS = ['shell-descriptor', 'links', 'shell'] as const;
const SUBMODEL_KINDS = ['submodel-descriptor', 'frame', 'submodel'] as const;

const elementId = ({ submodelId, idShortPath }: PublishedElement) => `${submodelId} ${idShortPath}`;

function fingerprintOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
