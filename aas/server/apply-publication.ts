import { CodedError } from '../../runtime/errors.ts';
import type { JsonObject } from '../model.ts';
import type { Publication, PublishedElement } from '../publication.ts';
import type { AasStorage } from './storage/aas-storage.ts';
import { parseRow } from './storage/element-rows.ts';

/**
 * Makes a publication visible and durable in one transaction: shells, submodels, attachments and registrations appear
 * together, and a kill at any moment leaves all or nothing. Applying it again changes nothing.
 * @throws CodedError `E_FILE_NOT_FOUND` for an attachment's file, `E_AAS_NOT_FOUND` for its element
 */
export async function applyPublication(storage: AasStorage, publication: Publication): Promise<void> {
  const attachments = publication.attachments ?? [];
  await storage.attachments.whileArriving(async () => {
    const files = await Promise.all(
      attachments.map(({ path, sha256 }) => storage.attachments.link(path, sha256)),
    );
    storage.write(() => {
      for (const id of publication.remove?.shells ?? []) storage.removeShell(id, 'publication');
      for (const id of publication.remove?.submodels ?? []) storage.removeSubmodel(id, 'publication');
      // Our own builders' types are a part of the metamodel's JSON.
      for (const submodel of publication.submodels ?? [])
        storage.putSubmodel(submodel as unknown as JsonObject, 'publication');
      for (const frame of publication.frames ?? []) {
        if (storage.submodels.find(frame.id) === undefined) {
          storage.putSubmodel(frame as unknown as JsonObject, 'publication');
        }
      }
      for (const element of publication.elements ?? []) putElement(storage, element);
      for (const shell of publication.shells ?? [])
        storage.putShell(shell as unknown as JsonObject, 'publication');
      for (const concept of publication.conceptDescriptions ?? [])
        storage.putConceptDescription(concept, 'publication');
      attachments.forEach((attachment, index) => {
        const submodel = storage.submodels.require(attachment.submodelId);
        const element = parseRow(storage.elements.requireRow(submodel, attachment.idShortPath));
        const file = files[index];
        if (element['modelType'] !== 'File' || file === undefined) {
          throw new CodedError(
            'E_INVALID_INPUT',
            `${attachment.idShortPath} is no File and has no attachment`,
          );
        }
        const { fileName, contentType } = attachment;
        storage.attachments.put(submodel, attachment.idShortPath, { fileName, contentType, ...file });
      });
    });
  });
}

function putElement(storage: AasStorage, { submodelId, idShortPath, element, keep }: PublishedElement): void {
  const submodel = storage.submodels.require(submodelId);
  if (keep === true && storage.elements.row(submodel, idShortPath) !== undefined) return;
  // Our own builders' types are a part of the metamodel's JSON.
  const created = storage.elements.put(submodel, idShortPath, element as unknown as JsonObject);
  storage.changes.note({
    kind: created ? 'created' : 'updated',
    cause: 'publication',
    thing: 'element',
    id: submodelId,
    idShortPath,
  });
}
