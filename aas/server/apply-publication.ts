import { CodedError } from '../../runtime/errors.ts';
import type { JsonObject } from '../model.ts';
import type { Publication } from '../publication.ts';
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
      for (const id of publication.remove?.shells ?? []) storage.removeShell(id);
      for (const id of publication.remove?.submodels ?? []) storage.removeSubmodel(id);
      // Our own builders' types are a part of the metamodel's JSON.
      for (const submodel of publication.submodels ?? [])
        storage.putSubmodel(submodel as unknown as JsonObject);
      for (const shell of publication.shells ?? []) storage.putShell(shell as unknown as JsonObject);
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
