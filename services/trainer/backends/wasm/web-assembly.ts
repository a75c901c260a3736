/** Memory of a module, as other modules may share it. */
export type ModuleMemory = object;

interface Engine {
  validate(bytes: Uint8Array): boolean;
  instantiate(
    bytes: Uint8Array,
    imports: Readonly<Record<string, Readonly<Record<string, object>>>>,
  ): Promise<{ readonly instance: { readonly exports: Readonly<Record<string, unknown>> } }>;
}

/** The part of the engine's WebAssembly that we use; its types come with those of browsers only. */
export const webAssembly: Engine = Reflect.get(globalThis, 'WebAssembly');
