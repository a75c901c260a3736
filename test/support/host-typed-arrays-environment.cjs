const { TestEnvironment } = require('jest-environment-node');

/**
 * jest runs tests in a realm of its own, whose ArrayBuffer is not the host's. node-opcua encodes a typed array only
 * if its buffer is a host ArrayBuffer; otherwise a Read of an array never answers. So the host's constructors are used.
 */
const HOST_CONSTRUCTORS = [
  'ArrayBuffer',
  'SharedArrayBuffer',
  'DataView',
  'Uint8Array',
  'Int8Array',
  'Uint8ClampedArray',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
];

module.exports = class HostTypedArraysEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of HOST_CONSTRUCTORS) this.global[name] = globalThis[name];
  }
};
