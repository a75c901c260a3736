import type { KernelModule } from '../kernel-module.ts';

/** What a step works on; all addresses in bytes. */
export interface StepRun {
  readonly kernels: KernelModule;
  /** Begin of the working memory that the plan reserved. */
  readonly base: number;
  /** Address of as many zeros as the widest layer has outputs. */
  readonly zeros: number;
  /** One address a weight, in the order of the layers. */
  readonly weights: readonly number[];
  /** One address a weight, cleared before; undefined where only the gradient by the inputs is wanted. */
  readonly gradients: readonly number[] | undefined;
  /** Whether the gradient by the inputs is wanted. */
  readonly wantsInputs: boolean;
}

/** A layer as calls of kernels on some examples at a time. */
export interface StepLayer {
  /** Of one example. */
  readonly outputShape: readonly number[];
  readonly weightCount: number;
  /** Once a step: what can be made of the weights before the first example. */
  prepare?(run: StepRun): void;
  /** @returns the address of its output. */
  forward(run: StepRun, input: number, count: number): number;
  /** @param slope its address; it may be overwritten. @returns the address of the slope of the input, 0 if not wanted. */
  backward(run: StepRun, slope: number, count: number): number;
}

/** Where a layer is told of its neighbours and reserves memory. */
export interface StepSite {
  /** Shape of one example of what comes in. */
  readonly inputShape: readonly number[];
  /** Examples at a time. */
  readonly count: number;
  /** Number of its first weight. */
  readonly firstWeight: number;
  readonly isFirst: boolean;
  /** A ReLU follows, which the layer does itself. */
  readonly relu: boolean;
  /** A max pooling follows that ReLU, and lets no slope through where the ReLU would not. */
  readonly isGated: boolean;
  /** Offset of so many numbers in the working memory. */
  reserve(numbers: number): number;
}

/** Number of numbers of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}
