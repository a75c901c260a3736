import { readFile } from 'node:fs/promises';
import {
  FEDSHELL_KEY,
  isObject,
  parseFedshellMetadata,
} from '../../../learning/weights/fedshell-metadata.ts';
import { readSafetensors, writeSafetensors } from '../../../learning/weights/safetensors.ts';
import { elementCount, type TensorSpec } from '../../../learning/weights/tensor.ts';
import { canonicalJson } from '../../../runtime/canonical-json.ts';
import { CodedError } from '../../../runtime/errors.ts';

const SLOTS = ['control', 'correction', 'personal', 'local', 'residual'] as const;

/**
 * What a participant keeps from round to round: `control`, its control variate (SCAFFOLD); `correction`, of its gradients
 * (FedDyn); `personal`, the weights of its own model (Ditto); `local`, the tensors that it never sends; `residual`, what
 * compression left out of its last update (error feedback).
 */
export type KeptSlot = (typeof SLOTS)[number];

/** Values by slot and by the name of the model's tensor. */
export type KeptValues = ReadonlyMap<KeptSlot, ReadonlyMap<string, Float32Array>>;

const KIND = 'participant-state';

/**
 * The bytes of what a participant keeps, a safetensors file whose tensors are named `SLOT/NAME`; equal values give equal
 * bytes. It never leaves the site.
 * @param strategy key of the strategy that it belongs to.
 * @param model the model's tensors; they give order and shapes.
 */
export function encodeKeptValues(
  strategy: string,
  kept: KeptValues,
  model: readonly TensorSpec[],
): Uint8Array {
  const tensors = SLOTS.flatMap((slot) =>
    model.flatMap(({ name, shape }) => {
      const values = kept.get(slot)?.get(name);
      return values === undefined ? [] : [{ name: `${slot}/${name}`, shape, values }];
    }),
  );
  return writeSafetensors(tensors, { [FEDSHELL_KEY]: canonicalJson({ kind: KIND, strategy }) });
}

/**
 * Reads what `encodeKeptValues` made.
 * @param file undefined before the first round: nothing is kept.
 * @throws CodedError `E_MALFORMED_SAFETENSORS` for another file, that of another strategy, or of another model.
 */
export async function readKeptValues(
  file: string | undefined,
  strategy: string,
  model: readonly TensorSpec[],
): Promise<KeptValues> {
  if (file === undefined) return new Map();
  const { header, tensors } = readSafetensors(await readFile(file));
  const value = parseFedshellMetadata(header.metadata, []);
  if (!isObject(value) || value['kind'] !== KIND || value['strategy'] !== strategy) {
    throw new CodedError(
      'E_MALFORMED_SAFETENSORS',
      `the file holds no state of a participant in ${strategy}`,
    );
  }
  const lengths = new Map(model.map(({ name, shape }) => [name, elementCount(shape)]));
  const kept = new Map<KeptSlot, Map<string, Float32Array>>();
  for (const [path, { values }] of tensors) {
    const slash = path.indexOf('/');
    const slot = SLOTS.find((known) => known === path.slice(0, slash));
    const name = path.slice(slash + 1);
    if (slot === undefined || lengths.get(name) !== values.length) {
      const message = 'the model has no such tensor to keep';
      const faults = [{ path, message }];
      throw new CodedError('E_MALFORMED_SAFETENSORS', `the participant's state: ${path}: ${message}`, {
        faults,
      });
    }
    kept.set(slot, (kept.get(slot) ?? new Map<string, Float32Array>()).set(name, values));
  }
  return kept;
}
