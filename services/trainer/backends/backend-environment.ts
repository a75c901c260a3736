/** What graphics drivers and CUDA are steered by, and the folder of custom models; all else of a service's environment is of no use to a child. */
const PASSED = [
  'CUDA_VISIBLE_DEVICES',
  'NVIDIA_VISIBLE_DEVICES',
  'LD_LIBRARY_PATH',
  'VK_DRIVER_FILES',
  'VK_ICD_FILENAMES',
  'XDG_RUNTIME_DIR',
  'FEDSHELL_MODELS',
];

/**
 * The environment of a process that computes with tensors: drivers find what they need, a GPU's memory is taken as it
 * is needed rather than at once, and a CPU is used with one thread, since each slot has its core.
 */
export function backendEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const passed = PASSED.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    PATH: environment['PATH'] ?? '',
    ...Object.fromEntries(passed),
    TF_CPP_MIN_LOG_LEVEL: '2',
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    TF_NUM_INTRAOP_THREADS: '1',
    TF_NUM_INTEROP_THREADS: '1',
  };
}
