/** An npm package that the setup fetches: exact, so that what was proven is what runs. */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** Of the packed file as the registry has it. */
  readonly sha256: string;
}

/** A wheel of the Python package index, used for the shared libraries and headers in it. */
export interface PinnedWheel {
  readonly name: string;
  readonly version: string;
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** Backend for libtensorflow; only its JavaScript and the sources of its binding are used. */
export const TFJS_NODE_GPU: PinnedPackage = {
  name: '@tensorflow/tfjs-node-gpu',
  version: '4.22.0',
  sha256: 'afd5599ee1662e732c00a0ad1f52a3d001bdc118a1f44bd592a0a0ebf2daa4c7',
};

/** What the backend's module loads for SavedModel files. */
export const GOOGLE_PROTOBUF: PinnedPackage = {
  name: 'google-protobuf',
  version: '3.21.4',
  sha256: '38299bb1802ce06900ea2e43650aded8393cd6a00012ed97ffc716eeab1e1091',
};

/** Headers of Node's binary interface, which is the same for all versions: a machine may have none of its own. */
export const NODE_API_HEADERS: PinnedPackage = {
  name: 'node-api-headers',
  version: '1.9.0',
  sha256: '6cbfac49542194ae2c8f1dee5fa2dc00d66bec9cbf3b59e3a4e5f16d14eb0d19',
};

/** Dawn, Chrome's WebGPU, for Node. */
export const WEBGPU: PinnedPackage = {
  name: 'webgpu',
  version: '0.6.2',
  sha256: '77a6be6513b9f7c2e94425620ce603efb38cdc5d0393e1b31a1b0c8479330ffd',
};

export const TFJS_BACKEND_WEBGPU: PinnedPackage = {
  name: '@tensorflow/tfjs-backend-webgpu',
  version: '4.22.0',
  sha256: 'e60089ded350de2a7ec0b367bd44c62a516da312d69a84a3f2e1aa3bb31c97e6',
};

export const CPU_WHEEL: PinnedWheel = {
  name: 'tensorflow-cpu',
  version: '2.21.0',
  file: 'tensorflow_cpu-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl',
  sha256: 'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
  bytes: 274_000_871,
};

export const GPU_WHEEL: PinnedWheel = {
  name: 'tensorflow',
  version: '2.21.0',
  file: 'tensorflow-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl',
  sha256: 'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
  bytes: 573_000_000,
};

/** Name of the file that `npm pack` makes of a package. */
export function packedName({ name, version }: PinnedPackage): string {
  return `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
}
