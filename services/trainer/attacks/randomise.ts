import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import type { RandomStream } from '../../../learning/random.ts';
import type { TensorFlow } from '../models/model.ts';

/** How far inputs grow and what fills the rest. */
export interface RandomisationSpec {
  /** Rows and columns that are added: an input of `[rows, columns, 1]` becomes `[rows + of[0], columns + of[1], 1]`. */
  readonly growth: readonly [number, number];
  /** Value of what is padded, on standardised features. */
  readonly padding: number;
}

/** 373 × 64 to 380 × 66, padded with 0.5. */
export const DEFAULT_RANDOMISATION: RandomisationSpec = { growth: [7, 2], padding: 0.5 };

/** A drawn transformation of a batch: linear but for the padding. Its functions run inside `tf.tidy`. */
export interface Transformation {
  apply(inputs: Tensor): Tensor;
  /** Carries a gradient by the outputs back to the inputs. */
  carryBack(gradient: Tensor): Tensor;
}

/**
 * Random resizing and padding (C. Xie et al.: Mitigating adversarial effects through randomization, 2018): each example
 * is stretched to a size of its own by nearest neighbours and put somewhere into a larger frame. The tensors that it
 * holds are those of the surrounding `tf.tidy`.
 * @param shape `[batch, rows, columns, 1]` of the inputs.
 */
export function drawTransformation(
  tf: TensorFlow,
  shape: readonly number[],
  spec: RandomisationSpec,
  random: RandomStream,
): Transformation {
  const [batch = 0, rows = 0, columns = 0] = shape;
  const [moreRows, moreColumns] = spec.growth;
  const frame: Shape3D = [batch, rows + moreRows, columns + moreColumns];
  const upright = Array.from({ length: batch }, () => drawPlacement(rows, moreRows, random));
  const across = Array.from({ length: batch }, () => drawPlacement(columns, moreColumns, random));
  // Stretching and placing are products with matrices of zeros and ones, one on each side.
  const left = tf.tensor3d(selections(upright, rows, frame[1]), [batch, frame[1], rows]);
  const right = tf.tensor3d(selections(across, columns, frame[2]), [batch, frame[2], columns]);
  const fill = tf.tensor3d(padding(upright, across, frame, spec.padding), frame);
  const image = (tensor: Tensor, size: Shape3D): Tensor3D => tf.reshape(tensor, size);
  return {
    apply: (inputs) => {
      const placed = tf.matMul(tf.matMul(left, image(inputs, [batch, rows, columns])), right, false, true);
      return tf.reshape(tf.add(placed, fill), [...frame, 1]);
    },
    carryBack: (gradient) =>
      tf.reshape(tf.matMul(tf.matMul(left, image(gradient, frame), true), right), [batch, rows, columns, 1]),
  };
}

type Shape3D = [number, number, number];

/** Where one side of an example lies in the frame. */
interface Placement {
  readonly begin: number;
  /** Length after stretching. */
  readonly stretched: number;
}

/** The stretched length stays below the frame's, where there is room; its place is anywhere that it fits. */
function drawPlacement(length: number, growth: number, random: RandomStream): Placement {
  const stretched = length + random.integer(Math.max(1, growth));
  return { stretched, begin: random.integer(length + growth - stretched + 1) };
}

/** For each example the matrix whose row `begin + i` selects the source of the stretched side's element i. */
function selections(placements: readonly Placement[], length: number, frameLength: number): Float32Array {
  const values = new Float32Array(placements.length * frameLength * length);
  for (const [example, { begin, stretched }] of placements.entries()) {
    for (let index = 0; index < stretched; index += 1) {
      const source = Math.floor((index * length) / stretched);
      values[(example * frameLength + begin + index) * length + source] = 1;
    }
  }
  return values;
}

/** The padding value around each example, 0 where the example lies. */
function padding(
  upright: readonly Placement[],
  across: readonly Placement[],
  [batch, rows, columns]: Shape3D,
  value: number,
): Float32Array {
  const values = new Float32Array(batch * rows * columns).fill(value);
  for (const [example, { begin, stretched }] of upright.entries()) {
    const { begin: first, stretched: width } = across[example]!;
    for (let row = begin; row < begin + stretched; row += 1) {
      const start = (example * rows + row) * columns + first;
      values.fill(0, start, start + width);
    }
  }
  return values;
}
