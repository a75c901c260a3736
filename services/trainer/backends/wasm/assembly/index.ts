/** What our module offers on the memory of the tensor backend. Addresses and steps are bytes, sizes are numbers. */
export { channelMoments, channelSlopeSums, channelSlopes, scaleAndShift } from './batch-norm';
export { addFilterGradient, convolveImage, frameImage, packTurnedFilter } from './convolution';
export { addDepthwiseFilterGradient, addDepthwiseInputGradient, unframeImage } from './depthwise';
export {
  addColumnSums,
  addSegments,
  clear,
  copyBytes,
  reluGradient,
  rowSums,
  scale,
  spreadRow,
} from './elementwise';
export { groupNorm, groupNormGradient } from './group-norm';
export { crossEntropy, squaredError } from './loss';
export { multiply, packPanels, packStrips } from './matrix';
export { adamStep, sgdStep } from './optimise';
export { maxPoolGradientImage, maxPoolImage } from './pooling';
/** Exported so that the compiler keeps them as functions: copied into their caller they run out of registers. */
export { straightTile6, tile1, tile2, tile3, tile4, tile6 } from './tile';
