import { join } from 'node:path';
import { packageRoot } from '../../../../runtime/package-root.ts';

const SOURCE = 'services/trainer/backends/wasm/assembly/index.ts';

/** What each build may use of the engine; the plain one runs wherever the backend itself does. */
const BUILDS = {
  simd: ['simd', 'bulk-memory'],
  'relaxed-simd': ['simd', 'bulk-memory', 'relaxed-simd'],
} as const;

/** The compiler, as far as we use it; imported by name so that an installed package runs without it. */
interface Compiler {
  main(options: readonly string[]): Promise<{
    readonly error: Error | null;
    readonly stderr: { toString(): string };
  }>;
}

/** Compiles our kernels into dist/, beside the code that loads them. */
async function buildKernels(): Promise<void> {
  const compilerPackage: string = 'assemblyscript/asc';
  // Its own types need a browser's library.
  const { main }: Compiler = await import(compilerPackage);
  const folder = join('dist', 'services/trainer/backends/wasm');
  for (const [name, features] of Object.entries(BUILDS)) {
    const { error, stderr } = await main([
      SOURCE,
      '-O3',
      '--runtime',
      'stub',
      '--importMemory',
      '--noAssert',
      // Vectors cross from file to file, never to JavaScript.
      '--disableWarning',
      '112',
      '--enable',
      features.join(),
      '--baseDir',
      packageRoot(),
      '--outFile',
      join(folder, `${name}.wasm`),
    ]);
    if (error !== null)
      throw new Error(`the kernels do not compile:\n${stderr.toString()}`, { cause: error });
  }
}

await buildKernels();
