import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { ModelSpec } from '../../../../openapi/schemas.ts';
import { CodedError, toCodedError } from '../../../../runtime/errors.ts';
import { entryPoint } from '../../../../runtime/package-root.ts';
import type { Model, ModelSizes, TensorFlow } from '../model.ts';
import { MODELS_FOLDER } from '../models-folder.ts';
import { unfit } from '../read-options.ts';
import { layersClassifier } from './layers-model.ts';

const KEY = 'custom';
/** A file of the folder itself. */
const MODULE = /^[A-Za-z0-9_][A-Za-z0-9_.-]*\.m?js$/;

/** What the author of a module writes: `export function build(tf, spec)`. */
type Build = (
  tf: object,
  spec: ModelSizes & { readonly options: Readonly<Record<string, unknown>> },
) => LayersModel;

interface Loaded {
  readonly build: Build;
  /** The library with its Layers API. */
  readonly library: object;
}

const loaded = new Map<string, Loaded>();
let importsAreRuled = false;

/**
 * Reads the module that a federation names with its sha256, before `buildModel` is asked for it; nothing for another
 * key. Only a file that the host's owner put into the folder runs, only with the content that the federation names; its
 * imports may name nothing but Node's own modules (see import-rules.ts), so the sha256 is that of all it is made of.
 * @throws CodedError `E_INVALID_INPUT`, `E_FILE_NOT_FOUND`, `E_UNKNOWN_MODEL` if the file has other content.
 */
export async function loadCustomModel(tf: TensorFlow, spec: ModelSpec): Promise<void> {
  if (spec.key !== KEY) return;
  const { module, sha256 } = named(spec);
  if (loaded.has(sha256)) return;
  const folder = process.env[MODELS_FOLDER];
  if (folder === undefined) {
    const message = `the federation's model is the module ${module}; this trainer has no folder for such modules`;
    throw new CodedError('E_INVALID_INPUT', message);
  }
  const content = await readFile(join(folder, module)).catch((thrown: unknown) => {
    const { message } = toCodedError(thrown);
    throw new CodedError('E_FILE_NOT_FOUND', `cannot read the model ${module} in ${folder}: ${message}`);
  });
  const found = createHash('sha256').update(content).digest('hex');
  if (found !== sha256) {
    const message = `the module ${module} here has sha256 ${found}, the federation names ${sha256}`;
    throw new CodedError('E_UNKNOWN_MODEL', message);
  }
  const exports = await evaluated(content).catch((thrown: unknown) => {
    throw unfit(spec, 'module', thrown instanceof Error ? thrown.message.slice(0, 300) : String(thrown));
  });
  if (!hasBuild(exports)) throw unfit(spec, 'module', 'must export a function build(tf, spec)');
  const layersLibrary = await import('@tensorflow/tfjs-layers');
  leaveInitialisersOut(tf, layersLibrary);
  loaded.set(sha256, { build: exports.build, library: { ...tf, ...layersLibrary } });
}

/** From the bytes that were checked, not from the file, which may change. */
function evaluated(content: Buffer): Promise<unknown> {
  if (!importsAreRuled) register(pathToFileURL(entryPoint('services/trainer/models/custom/import-rules')));
  importsAreRuled = true;
  return import(`data:text/javascript;base64,${content.toString('base64')}`);
}

/**
 * Lets the orthogonal initialiser, the default of recurrent layers, give zeros: its own way needs methods of tensors that
 * the library's build for Node does not have, and what initialisers draw is not used.
 */
function leaveInitialisersOut(
  tf: TensorFlow,
  { initializers }: typeof import('@tensorflow/tfjs-layers'),
): void {
  const orthogonal: { apply(shape: number[]): unknown } = Object.getPrototypeOf(initializers.orthogonal({}));
  orthogonal.apply = (shape: number[]) => tf.zeros(shape);
}

/**
 * The model of a module that was loaded.
 * @throws CodedError `E_INVALID_INPUT` for a model that does not fit the federation.
 */
export function customModel(tf: TensorFlow, spec: ModelSpec, sizes: ModelSizes): Model {
  const { module, sha256, options } = named(spec);
  const found = loaded.get(sha256);
  if (found === undefined) throw new CodedError('E_UNKNOWN_MODEL', `the module ${module} is not loaded`);
  const layersModel = found.build(found.library, { ...sizes, options });
  return layersClassifier(tf, spec, layersModel, sizes);
}

function named(spec: ModelSpec) {
  const { key: _, module, sha256, ...options } = spec;
  if (module === undefined || !MODULE.test(module)) {
    throw unfit(spec, 'module', 'must be the name of a .js or .mjs file in the folder of models');
  }
  if (sha256 === undefined) throw unfit(spec, 'sha256', 'must be that of the module');
  return { module, sha256, options };
}

function hasBuild(exports: unknown): exports is { readonly build: Build } {
  return typeof (exports as { build?: unknown } | null)?.build === 'function';
}
