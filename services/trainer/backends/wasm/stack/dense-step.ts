import { panelBytes } from '../multiply-matrices.ts';
import { type StepLayer, type StepSite, sizeOf } from './step-plan.ts';

/** From so many rows on it pays to pack a matrix that could be read in its place. */
const PACKED_FROM_ROWS = 128;

const NO_FLOOR = Number.NEGATIVE_INFINITY;

/** A fully connected layer. */
export function denseStep(units: number, site: StepSite): StepLayer {
  const { count: most, firstWeight, relu, isFirst } = site;
  const inputs = sizeOf(site.inputShape);
  const isPacked = units % 8 !== 0 || most >= PACKED_FROM_ROWS;
  const [out, slopes] = [site.reserve(most * units), site.reserve(most * inputs)];
  const panels = isPacked ? site.reserve(panelBytes(inputs, units) / 4) : 0;
  const transposed = site.reserve(panelBytes(units, inputs) / 4);
  const inputStrips = isPacked ? site.reserve(most * inputs) : 0;
  const slopePanels = isPacked ? site.reserve(panelBytes(most, units) / 4) : 0;
  const edge = site.reserve(Math.max(most, inputs) * 8);
  let input = 0;
  return {
    outputShape: [units],
    weightCount: 2,
    prepare: ({ kernels, base, weights, wantsInputs }) => {
      const kernel = weights[firstWeight]!;
      if (isPacked) kernels.packPanels(kernel, units * 4, 4, inputs, units, base + panels);
      if (!isFirst || wantsInputs) kernels.packPanels(kernel, 4, units * 4, units, inputs, base + transposed);
    },
    forward: ({ kernels, base, weights }, from, count) => {
      input = from;
      const right = isPacked ? base + panels : weights[firstWeight]!;
      const [rowStep, panelStep] = isPacked ? [32, inputs * 32] : [units * 4, 32];
      const left = [from, inputs * 4, 4] as const;
      const start = [weights[firstWeight + 1]!, 0] as const;
      const to = [base + out, units * 4, relu ? 0 : NO_FLOOR, base + edge] as const;
      kernels.multiply(count, inputs, units, ...left, right, rowStep, panelStep, ...start, ...to);
      return base + out;
    },
    backward: ({ kernels, base, zeros, gradients, wantsInputs }, slope, count) => {
      if (relu) kernels.reluGradient(slope, base + out, slope, count * units);
      if (gradients !== undefined) {
        const [kernel, bias] = [gradients[firstWeight]!, gradients[firstWeight + 1]!];
        kernels.addColumnSums(slope, count, units, bias);
        if (isPacked && count >= PACKED_FROM_ROWS) {
          // Both sides next to each other: as columns of wide rows they would push each other out of the cache.
          kernels.packStrips(input, inputs * 4, count, inputs, base + inputStrips);
          kernels.packPanels(slope, units * 4, 4, count, units, base + slopePanels);
          for (let first = 0; first < inputs; first += 6) {
            const rows = Math.min(6, inputs - first);
            const left = [base + inputStrips + first * count * 4, 4, rows * 4] as const;
            const right = [base + slopePanels, 32, count * 32] as const;
            const sum = [kernel + first * units * 4, units * 4] as const;
            kernels.multiply(rows, count, units, ...left, ...right, ...sum, ...sum, NO_FLOOR, base + edge);
          }
        } else {
          const left = [input, 4, inputs * 4] as const;
          const right = [slope, units * 4, 32] as const;
          const sum = [kernel, units * 4] as const;
          kernels.multiply(inputs, count, units, ...left, ...right, ...sum, ...sum, NO_FLOOR, base + edge);
        }
      }
      if (isFirst && !wantsInputs) return 0;
      const left = [slope, units * 4, 4] as const;
      const right = [base + transposed, 32, units * 32] as const;
      const to = [base + slopes, inputs * 4, NO_FLOOR, base + edge] as const;
      kernels.multiply(count, units, inputs, ...left, ...right, zeros, 0, ...to);
      return base + slopes;
    },
  };
}
