import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readSafetensors } from '../../../learning/weights/safetensors.ts';
import { elementCount, type NamedTensor } from '../../../learning/weights/tensor.ts';
import { CodedError, toCodedError } from '../../../runtime/errors.ts';
import type { Model } from '../models/model.ts';

/**
 * The weights of a file from elsewhere, in the model's order and under its names. Those of the model's names are taken
 * by them; a file with other names must have the model's shapes in its order, trainable ones first or as they come.
 * @param file safetensors with 32-bit floats, or the `model.json` of a tfjs model with its weight files beside it.
 * @throws CodedError `E_FILE_NOT_FOUND` if it or a file that it names cannot be read, `E_MALFORMED_SAFETENSORS` if it is
 * no such one, naming what does not fit or is not a finite number.
 */
export async function importedWeights(model: Model, file: string): Promise<NamedTensor[]> {
  const found = file.endsWith('.json') ? await readTfjsWeights(file) : readTensors(await contentOf(file));
  for (const { name, values } of found) {
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) throw unreadable(file, `has ${values[at]} in ${name} at ${at}`);
  }
  const byName = new Map(found.map((tensor) => [tensor.name, tensor]));
  const { weights } = model;
  const inFileOrder = [
    weights,
    [...weights].sort((one, other) => Number(one.role === 'statistic') - Number(other.role === 'statistic')),
  ];
  const fits = (tensor: NamedTensor | undefined, shape: readonly number[]) =>
    tensor?.shape.join() === shape.join();
  if (weights.length === found.length && weights.every(({ name, shape }) => fits(byName.get(name), shape))) {
    return weights.map(({ name }) => byName.get(name)!);
  }
  for (const order of inFileOrder) {
    if (order.length !== found.length || !order.every(({ shape }, at) => fits(found[at], shape))) continue;
    const renamed = new Map(order.map(({ name }, at) => [name, { ...found[at]!, name }]));
    return weights.map(({ name }) => renamed.get(name)!);
  }
  const list = (tensors: readonly { readonly name: string; readonly shape: readonly number[] }[]) =>
    tensors.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join('; ');
  const message = `${file} does not fit the model: it has ${list(found)}; the model has ${list(weights)}`;
  throw new CodedError('E_MALFORMED_SAFETENSORS', message.slice(0, 2000));
}

async function contentOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new CodedError('E_FILE_NOT_FOUND', `cannot read ${file}: ${toCodedError(cause).message}`, {
      cause,
    });
  }
}

function readTensors(bytes: Uint8Array): NamedTensor[] {
  const { header, tensors } = readSafetensors(bytes);
  return header.tensors.map(({ name }) => ({ name, ...tensors.get(name)! }));
}

/** A group of weights in the manifest of a tfjs model: its files, one after the other, hold them one after the other. */
interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly { readonly name: string; readonly shape: number[]; readonly dtype: string }[];
}

async function readTfjsWeights(file: string): Promise<NamedTensor[]> {
  const tensors: NamedTensor[] = [];
  for (const { paths, weights } of manifestOf((await contentOf(file)).toString('utf8'), file)) {
    const shards = await Promise.all(paths.map((path) => contentOf(join(dirname(file), path))));
    const bytes = Buffer.concat(shards);
    let position = 0;
    for (const { name, shape, dtype, ...more } of weights) {
      const count = elementCount(shape) ?? 0;
      const end = position + 4 * count;
      if (dtype !== 'float32' || 'quantization' in more || end > bytes.byteLength) {
        throw unreadable(file, `weight ${name} is not ${count} floats of 32 bits`);
      }
      const view = new DataView(bytes.buffer, bytes.byteOffset + position, 4 * count);
      const values = Float32Array.from({ length: count }, (_, index) => view.getFloat32(4 * index, true));
      tensors.push({ name, shape, values });
      position = end;
    }
    if (position !== bytes.byteLength) {
      const message = `has ${bytes.byteLength} bytes in ${paths.join(', ')}; its weights are ${position} bytes`;
      throw unreadable(file, message);
    }
  }
  return tensors;
}

function manifestOf(text: string, file: string): readonly WeightGroup[] {
  try {
    const { weightsManifest } = JSON.parse(text) as { weightsManifest?: unknown };
    if (Array.isArray(weightsManifest) && weightsManifest.every(isGroup)) return weightsManifest;
  } catch (cause) {
    throw unreadable(file, 'is no JSON', cause);
  }
  throw unreadable(file, 'has no weightsManifest of a tfjs model');
}

function isGroup(value: unknown): value is WeightGroup {
  const { paths, weights } = (value ?? {}) as { paths?: unknown; weights?: unknown };
  // A path leads to a file beside the model's, never elsewhere.
  const arePaths =
    Array.isArray(paths) && paths.every((path) => typeof path === 'string' && /^\w[\w.-]*$/.test(path));
  return arePaths && Array.isArray(weights) && weights.every(isWeight);
}

function isWeight(value: unknown): boolean {
  const { name, shape, dtype } = (value ?? {}) as { name?: unknown; shape?: unknown; dtype?: unknown };
  const isShape = Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  return typeof name === 'string' && typeof dtype === 'string' && isShape;
}

function unreadable(file: string, message: string, cause?: unknown): CodedError {
  return new CodedError('E_MALFORMED_SAFETENSORS', `${file} ${message}`, { cause });
}
