import { isBuiltin, type ResolveHook } from 'node:module';

/** With it a module would get at a loader that asks no hook. */
const LOADERS: readonly string[] = ['module', 'node:module'];

/**
 * Lets a custom model's module import nothing but Node's own modules, so that the sha256 of the one file is that of all
 * it is made of. Node calls it for each import once `module.register` has named this file. It guards against what a
 * module imports, not against what it does: who puts a file into the folder of models lets it run.
 */
export const resolve: ResolveHook = (specifier, context, next) => {
  // Only custom models are loaded from their bytes, see custom-models.ts.
  const isOfCustomModel = context.parentURL?.startsWith('data:text/javascript;base64,') === true;
  if (isOfCustomModel && (!isBuiltin(specifier) || LOADERS.includes(specifier))) {
    throw new Error(
      `imports ${specifier}; a custom model may import Node's own modules only, without node:module`,
    );
  }
  return next(specifier, context);
};
