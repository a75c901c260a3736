import type { ReducedClose } from '../../../learning/pipeline/finish-pieces.ts';
import {
  byteOffsetsOf,
  readSpooledHeader,
  spooledTensors,
} from '../../../learning/pipeline/spooled-tensors.ts';
import type { TensorSource } from '../../../learning/pipeline/tensor-source.ts';
import type { ModelTensor, Strategy } from '../../../learning/strategies/strategy.ts';
import { readStateHeader, slotTensorName } from '../../../learning/strategies/strategy-state.ts';
import type { TensorSpec } from '../../../learning/weights/tensor.ts';
import type { Store } from '../store/store.ts';
import type { VersionRow } from '../store/version-table.ts';
import type { RoundSpool } from './round-spool.ts';

/** Opens a version's file to be read piece by piece. */
export function openTensors(
  files: RoundSpool['files'],
  path: string,
): { specs: readonly TensorSpec[]; values: TensorSource } {
  const header = readSpooledHeader(files, path);
  return { specs: header.tensors, values: spooledTensors(files, path, byteOffsetsOf(header)) };
}

/** What the strategy kept beside a version; its first state where it kept nothing. */
export function storedState(
  store: Store,
  files: RoundSpool['files'],
  strategy: Strategy,
  version: VersionRow,
  model: readonly ModelTensor[],
): Pick<ReducedClose, 'state' | 'slots'> {
  const stored = store.strategyStates.get(version);
  if (stored === undefined) {
    const { slots: _none, ...state } = strategy.init(model).state;
    return { state, slots: new Map() };
  }
  const path = store.versionFiles.path(stored.sha256);
  const header = readSpooledHeader(files, path);
  const { state, slots } = readStateHeader(header);
  const offsets = byteOffsetsOf(header);
  const opened = [...slots].map(([slot, names]) => {
    const own = new Map(names.map((name) => [name, offsets.get(slotTensorName(slot, name))!]));
    return [slot, { tensors: new Set(names), values: spooledTensors(files, path, own) }] as const;
  });
  return { state, slots: new Map(opened) };
}
