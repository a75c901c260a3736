import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import type { ModelSpec } from '../../../../openapi/schemas.ts';
import type { Fault } from '../../../../runtime/errors.ts';

type AnyLayer = layers.Layer;

/** Settings of layers that only the library's own training loop knows. */
const LEFT_OUT = /(regularizer|constraint)$/i;

/**
 * What a Layers model asks for and would not get: regularizers and constraints, which our training does not know, and a
 * softmax at its end, which the loss brings itself. Looks into nested models and wrapped layers too.
 */
export function unhonoured(spec: ModelSpec, layersModel: LayersModel): Fault[] {
  const place = (layer: AnyLayer, index: number) => `/model/${spec.module}/layers/${index}/${layer.name}`;
  const faults = layersModel.layers.flatMap((layer, index) =>
    settingsOf(layer.getConfig(), place(layer, index)).map((path) => ({ path, message: 'is not honoured' })),
  );
  const last = outputLayer(layersModel);
  if (last !== undefined && endsInSoftmax(last)) {
    const message = 'is a softmax at the end; the model is to give the numbers before that';
    faults.push({ path: place(last, layersModel.layers.indexOf(last)), message });
  }
  return faults;
}

/** Paths of the settings that are left out, in a layer's configuration or in those within it. */
function settingsOf(config: unknown, path: string): string[] {
  if (typeof config !== 'object' || config === null) return [];
  return Object.entries(config).flatMap(([key, value]) => {
    if (LEFT_OUT.test(key) && value !== null && value !== undefined) return [`${path}/${key}`];
    return settingsOf(value, `${path}/${key}`);
  });
}

function outputLayer({ outputs }: LayersModel): AnyLayer | undefined {
  return outputs[0]?.sourceLayer;
}

function endsInSoftmax(layer: AnyLayer): boolean {
  if (isModel(layer)) {
    const last = outputLayer(layer);
    return last !== undefined && endsInSoftmax(last);
  }
  return layer.getClassName() === 'Softmax' || layer.getConfig()['activation'] === 'softmax';
}

/** A model may stand as a layer in another one. */
function isModel(layer: AnyLayer): layer is LayersModel {
  return Array.isArray((layer as { outputs?: unknown }).outputs);
}
