/**
 * A model of your own: a module that exports `build(tf, spec)` and gives a Layers model. It imports nothing; `tf` is the
 * tensor library with its Layers API (`tf.sequential`, `tf.layers`, `tf.model`, `tf.input`).
 *
 * `spec.featureShape` and `spec.classes` come from the federation's profile, `spec.options` are the further keys of its
 * `model`. The last layer gives one number a class, before the softmax.
 *
 * Put the file into the folder that `pool.models` of the trainer file names, on each trainer, and name it with its
 * sha256 in the federation (see federation.yaml beside it). What the layers' initialisers draw is not used: version 0 is
 * drawn from the run's seed.
 */
export function build(tf, { featureShape, classes, options }) {
  const { units = 48 } = options;
  const { layers } = tf;
  const inputShape = [featureShape.reduce((product, size) => product * size, 1)];
  return tf.sequential({
    layers: [
      layers.dense({ inputShape, units, activation: 'elu' }),
      layers.batchNormalization({}),
      layers.dense({ units: units / 2, activation: 'elu' }),
      layers.dense({ units: classes }),
    ],
  });
}
