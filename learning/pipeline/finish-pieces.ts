import { CodedError } from '../../runtime/errors.ts';
import type {
  GroupRound,
  ModelTensor,
  Strategy,
  StrategyState,
  UpdatePart,
  Values,
} from '../strategies/strategy.ts';
import { areFinite, elementCount } from '../weights/tensor.ts';
import type { ReducedGroup } from './reduce-round.ts';
import type { TensorSource } from './tensor-source.ts';

/** A reduced round and where to read what it goes on from. */
export interface ReducedClose {
  readonly strategy: Strategy;
  readonly model: readonly ModelTensor[];
  readonly groups: ReadonlyMap<string, ReducedGroup>;
  /** The current version of every group. */
  readonly bases: ReadonlyMap<string, TensorSource>;
  readonly state: Omit<StrategyState, 'slots'>;
  /** Slots of the state by name, each with the tensors that it has. */
  readonly slots: ReadonlyMap<
    string,
    { readonly tensors: ReadonlySet<string>; readonly values: TensorSource }
  >;
  /** Admitted participants, whether in the cohort or not. */
  readonly participantCount: number;
}

/** The same piece of one tensor in every group's next version and in every slot of the next state. */
export interface FinishedPiece {
  readonly tensor: string;
  /** First element. */
  readonly begin: number;
  readonly versions: ReadonlyMap<string, Float32Array>;
  readonly slots: ReadonlyMap<string, Float32Array>;
}

/** What the next versions and the next state will be made of, before their values are there. */
export interface FinishedOutline {
  readonly groups: readonly string[];
  readonly state: Omit<StrategyState, 'slots'>;
  /** Names of tensors by slot. */
  readonly slots: ReadonlyMap<string, readonly string[]>;
}

/** Elements of a piece: a megabyte of a version. */
const PIECE_LENGTH = 262_144;

/** What `finishedPieces` will give, found by finishing no element at all. */
export function outlineOf(close: ReducedClose): FinishedOutline {
  const { versions, state } = finish(close, close.model, 0, 0);
  const { slots, ...rest } = state;
  return {
    groups: [...versions.keys()],
    state: rest,
    slots: new Map([...slots].map(([slot, values]) => [slot, [...values.keys()]])),
  };
}

/**
 * Makes the next versions and state of a reduced round piece by piece, tensor after tensor in the order of the model: in
 * memory are one piece of each, whatever the model's size. The same contributions give the same bits.
 * @throws CodedError `E_UPDATE_NOT_FINITE` if a version would not be finite.
 */
export function* finishedPieces(close: ReducedClose): Generator<FinishedPiece> {
  for (const tensor of close.model) {
    const { name, shape } = tensor;
    const length = elementCount(shape)!;
    for (let begin = 0; begin < length || begin === 0; begin += PIECE_LENGTH) {
      const { versions, state } = finish(close, [tensor], begin, Math.min(PIECE_LENGTH, length - begin));
      yield {
        tensor: name,
        begin,
        versions: pieceOf(versions, name, refuseInfinite),
        slots: pieceOf(state.slots, name),
      };
    }
  }
}

/** Gives the strategy the same piece of everything; its result is the same as if it had all (see `Strategy`). */
function finish(close: ReducedClose, tensors: readonly ModelTensor[], begin: number, count: number) {
  const { strategy, groups, bases, state, slots, participantCount } = close;
  const model = tensors.map((tensor) => ({ ...tensor, shape: [count] }));
  const read = (source: TensorSource, has?: ReadonlySet<string>): Values =>
    new Map(
      model
        .filter(({ name }) => has?.has(name) !== false)
        .map(({ name }) => [name, source.read(name, begin, count)]),
    );
  const pieces = [...groups].map(([name, { trainedFrom, parts, contributions }]) => {
    const base = bases.get(trainedFrom);
    if (base === undefined) throw new RangeError(`there is no version of group ${trainedFrom}`);
    const means = new Map<UpdatePart, Values>(
      [...parts].map(([part, reduced]) => [part, read(reduced.means, reduced.tensors)]),
    );
    const round: GroupRound = { base: read(base), means, contributions };
    return [name, round] as const;
  });
  const slotPieces = [...slots].map(([slot, { tensors: has, values }]) => {
    const some = [...read(values, has)].map(([name, piece]) => [name, Float32Array.from(piece)] as const);
    return [slot, new Map(some)] as const;
  });
  return strategy.finish(
    { ...state, slots: new Map(slotPieces) },
    { model, groups: new Map(pieces), participantCount },
  );
}

function pieceOf(
  values: ReadonlyMap<string, ReadonlyMap<string, Float32Array>>,
  tensor: string,
  check: (tensor: string, piece: Float32Array) => void = () => undefined,
): Map<string, Float32Array> {
  return new Map(
    [...values].flatMap(([key, tensors]) => {
      const piece = tensors.get(tensor);
      if (piece === undefined) return [];
      check(tensor, piece);
      return [[key, piece] as const];
    }),
  );
}

/** Finite updates can still add up to more than a 32-bit float holds. */
function refuseInfinite(path: string, piece: Float32Array): void {
  if (areFinite(piece)) return;
  const message = `tensor ${path} of the next version would not be finite`;
  throw new CodedError('E_UPDATE_NOT_FINITE', message, { faults: [{ path, message }] });
}
