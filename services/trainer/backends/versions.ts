/** Version of the tensor library that everything here is written for; its kernels are replaced one by one. */
export const TFJS_VERSION = '4.22.0';

/** Version of the native TensorFlow that `setup:tensorflow` brings. */
export const TENSORFLOW_VERSION = '2.21.0';

/** Version of the WebGPU implementation that `setup:tensorflow -- --webgpu` brings. */
export const WEBGPU_VERSION = '0.6.2';
