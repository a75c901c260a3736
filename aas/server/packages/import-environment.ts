import { CodedError } from '../../../runtime/errors.ts';
import type { StoredFile } from '../../../runtime/file-store.ts';
import type { Aasx, AasxPart } from '../../aasx/read-aasx.ts';
import type { EnvironmentJson } from '../../environment-json.ts';
import type { JsonObject } from '../../model.ts';
import { findViolations } from '../../validation/find-violations.ts';
import type { Finding } from '../../validation/finding.ts';
import type { AasStorage } from '../storage/aas-storage.ts';
import type { Attachment } from '../storage/attachment-store.ts';
import { fileElements } from './file-elements.ts';
import { refuseViolations, type Validation } from './refuse-violations.ts';

/** What was taken in. */
export interface ImportSummary {
  readonly shells: number;
  readonly submodels: number;
  readonly conceptDescriptions: number;
  readonly attachments: number;
  /** How many places break a rule of the metamodel and were stored nevertheless. */
  readonly findings: number;
  /** The first of them. */
  readonly firstFindings: readonly Finding[];
}

interface ImportOptions {
  /** Longest file of a package. */
  readonly attachmentLimitBytes: number;
  /** Whether identifiables that are there stay as they are. @defaultValue false: they are replaced */
  readonly keepExisting?: boolean;
  /** Runs in the same transaction, after everything is stored. */
  readonly together?: () => void;
}

const SHOWN_FINDINGS = 100;

/** A file of the package with the place it belongs to. */
interface ArrivingFile {
  readonly submodelId: string;
  readonly path: string;
  readonly attachment: Attachment;
}

/**
 * Stores a whole Environment in one transaction: shells, submodels, concept descriptions, and from a package the files
 * behind File elements and the thumbnails. Readers see all of it or nothing.
 * @param aasx the package that the Environment comes from, if it comes from one.
 * @throws CodedError `E_INVALID_INPUT` for broken rules if they are strict, `E_AASX_REFUSED`, `E_UPDATE_TOO_LARGE`
 */
export async function importEnvironment(
  storage: AasStorage,
  source: { readonly environment: EnvironmentJson; readonly aasx?: Aasx },
  options: ImportOptions,
): Promise<ImportSummary> {
  const environment = withThumbnail(source.environment, source.aasx);
  const { assetAdministrationShells = [], submodels = [], conceptDescriptions = [] } = environment;
  const { findings, firstFindings } = validate(environment, storage.validation);
  return storage.attachments.whileArriving(async () => {
    const files =
      source.aasx === undefined ? [] : await receiveFiles(storage, submodels, source.aasx, options);
    const thumbnails =
      source.aasx === undefined
        ? []
        : await receiveThumbnails(storage, assetAdministrationShells, source.aasx, options);
    const isKept = (known: boolean) => known && options.keepExisting === true;
    return storage.write(() => {
      for (const concept of conceptDescriptions) {
        if (!isKept(storage.conceptDescriptions.get(String(concept['id'])) !== undefined))
          storage.putConceptDescription(concept);
      }
      const written = new Set<string>();
      for (const submodel of submodels) {
        const id = String(submodel['id']);
        if (isKept(storage.submodels.find(id) !== undefined)) continue;
        storage.putSubmodel(submodel);
        written.add(id);
      }
      for (const shell of assetAdministrationShells) {
        if (isKept(storage.shells.get(String(shell['id'])) !== undefined)) continue;
        storage.putShell(shell);
        written.add(String(shell['id']));
      }
      for (const { submodelId, path, attachment } of files) {
        if (written.has(submodelId))
          storage.attachments.put(storage.submodels.require(submodelId), path, attachment);
      }
      for (const { shellId, attachment } of thumbnails) {
        if (written.has(shellId)) storage.thumbnails.put(storage.shells.require(shellId), attachment);
      }
      options.together?.();
      return {
        shells: assetAdministrationShells.length,
        submodels: submodels.length,
        conceptDescriptions: conceptDescriptions.length,
        attachments: files.length,
        findings,
        firstFindings,
      };
    });
  });
}

function validate(
  environment: EnvironmentJson,
  validation: Validation,
): Pick<ImportSummary, 'findings' | 'firstFindings'> {
  // An Environment is an object of the metamodel like any other.
  const object = environment as JsonObject;
  if (validation === 'strict') refuseViolations(object, 'Environment');
  let findings = 0;
  const firstFindings: Finding[] = [];
  for (const finding of findViolations(object, 'Environment')) {
    if (finding.severity !== 'error') continue;
    findings++;
    if (firstFindings.length < SHOWN_FINDINGS) firstFindings.push(finding);
  }
  return { findings, firstFindings };
}

/** The picture of a package is its only shell's, where that names none (as package tools have it). */
function withThumbnail(environment: EnvironmentJson, aasx: Aasx | undefined): EnvironmentJson {
  const [shell, ...others] = environment.assetAdministrationShells ?? [];
  const thumbnail = aasx?.thumbnail;
  if (shell === undefined || others.length > 0 || thumbnail === undefined) return environment;
  // Checked on the way in: a shell has assetInformation.
  const asset = shell['assetInformation'] as JsonObject;
  if (asset['defaultThumbnail'] !== undefined) return environment;
  const { name, contentType } = thumbnail;
  const defaultThumbnail = { path: `/${name}`, ...(contentType === undefined ? {} : { contentType }) };
  return {
    ...environment,
    assetAdministrationShells: [{ ...shell, assetInformation: { ...asset, defaultThumbnail } }],
  };
}

async function receiveFiles(
  storage: AasStorage,
  submodels: readonly JsonObject[],
  aasx: Aasx,
  { attachmentLimitBytes }: ImportOptions,
): Promise<readonly ArrivingFile[]> {
  const files: ArrivingFile[] = [];
  const stored = new Map<string, StoredFile>();
  for (const submodel of submodels) {
    for (const { path, element } of fileElements(submodel)) {
      const part = aasx.part(element['value']);
      if (part === undefined) continue;
      // Several elements may name one file: it is unpacked once.
      const file =
        stored.get(part.name) ?? (await storage.attachments.receive(part.read(), attachmentLimitBytes));
      stored.set(part.name, file);
      const attachment = attachmentOf(part, file, element['contentType']);
      files.push({ submodelId: String(submodel['id']), path, attachment });
    }
  }
  return files;
}

async function receiveThumbnails(
  storage: AasStorage,
  shells: readonly JsonObject[],
  aasx: Aasx,
  { attachmentLimitBytes }: ImportOptions,
): Promise<readonly { readonly shellId: string; readonly attachment: Attachment }[]> {
  const thumbnails = [];
  for (const shell of shells) {
    // Checked on the way in: a shell has assetInformation, and the thumbnail is a Resource.
    const asset = shell['assetInformation'] as { defaultThumbnail?: { path: string; contentType?: string } };
    const part = aasx.part(asset.defaultThumbnail?.path);
    if (part === undefined) continue;
    const file = await storage.attachments.receive(part.read(), attachmentLimitBytes);
    const attachment = attachmentOf(part, file, asset.defaultThumbnail?.contentType);
    thumbnails.push({ shellId: String(shell['id']), attachment });
  }
  return thumbnails;
}

function attachmentOf(part: AasxPart, file: StoredFile, contentType: unknown): Attachment {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (part.fileName === '' || /[\u0000-\u001f\u007f/\\]/.test(part.fileName)) {
    throw new CodedError('E_AASX_REFUSED', `the part ${part.name} has no usable file name`);
  }
  const known = typeof contentType === 'string' && contentType !== '' ? contentType : part.contentType;
  return { fileName: part.fileName, contentType: known ?? 'application/octet-stream', ...file };
}
