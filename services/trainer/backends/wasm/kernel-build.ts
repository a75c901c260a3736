/** Version of our WASM kernels; another one may give other bits. */
export const KERNEL_BUILD = '3';
