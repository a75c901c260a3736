import type { TensorFlow } from '../../../models/model.ts';
import type { KernelHost } from '../kernel-host.ts';
import type { Replacement } from '../replace-kernels.ts';

type Four = [number, number, number, number];

interface Attributes {
  readonly filterSize: [number, number] | number;
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/**
 * The gradient of max pooling. The backend's own begins its search with the smallest positive number and so loses the
 * gradient of every window whose maximum is not above zero.
 */
export function maxPoolKernels(tf: TensorFlow, { backend, addressOf, kernels }: KernelHost): Replacement[] {
  return [
    {
      name: 'MaxPoolGrad',
      run: ({ dy, input, output }, attributes) => {
        if (!dy || !input || !output || input.dtype !== 'float32') return undefined;
        // What the library's operation hands to a kernel of this name.
        const { filterSize, strides, pad, dimRoundingMode } = attributes as unknown as Attributes;
        const compute = tf.backend_util.computePool2DInfo;
        const shapes = compute(input.shape as Four, filterSize, strides, 1, pad, dimRoundingMode);
        const { inHeight, inWidth, inChannels, outHeight, outWidth, padInfo } = shapes;
        const out = backend.makeOutput(input.shape, 'float32');
        const addresses = [addressOf(input), addressOf(output), addressOf(dy), addressOf(out)] as const;
        const imageBytes = inHeight * inWidth * inChannels * 4;
        const outBytes = outHeight * outWidth * inChannels * 4;
        for (let image = 0; image < shapes.batchSize; image += 1) {
          kernels.maxPoolGradientImage(
            addresses[0] + image * imageBytes,
            addresses[1] + image * outBytes,
            addresses[2] + image * outBytes,
            inHeight,
            inWidth,
            inChannels,
            shapes.filterHeight,
            shapes.filterWidth,
            shapes.strideHeight,
            shapes.strideWidth,
            padInfo.top,
            padInfo.left,
            outHeight,
            outWidth,
            0,
            addresses[3] + image * imageBytes,
          );
        }
        return out;
      },
    },
  ];
}
