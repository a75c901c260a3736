import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from './run-program.ts';
import { cxxCompiler } from './setup-tools.ts';

/** Where a binding is built. */
interface BindingFolders {
  /** Unpacked package of the backend, with the binding's sources. */
  readonly backend: string;
  /** Headers of Node's binary interface. */
  readonly nodeHeaders: string;
  /** Holds `tensorflow/` of the wheel. */
  readonly root: string;
}

/**
 * Compiles the backend's binding against the wheel's libtensorflow, whose C interface still has all that it uses. The
 * library is found relative to the binding, so that the whole folder may be moved.
 * @throws CodedError `E_SETUP_FAILED` without a C++ compiler, or with its last words.
 */
export async function buildBinding({ backend, nodeHeaders, root }: BindingFolders, signal: AbortSignal) {
  const libraries = join(root, 'tensorflow');
  const output = join(backend, 'lib', 'napi-v8');
  await mkdir(output, { recursive: true });
  const parameters = [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8', '-DNODE_GYP_MODULE_NAME=tfjs_binding'],
    ...[nodeHeaders, join(libraries, 'include'), backend].map((folder) => `-I${folder}`),
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(backend, 'binding', file)),
    ...['-o', join(output, 'tfjs_binding.node'), '-Wl,--no-as-needed', `-L${libraries}`],
    ...['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
    '-Wl,-rpath,$ORIGIN/../../../../../tensorflow',
  ];
  const compiler = cxxCompiler();
  const what = `compiling the binding by ${compiler} (Debian: apt-get install g++)`;
  await runProgram(compiler, parameters, what, { timeoutMs: 600_000, signal });
}
