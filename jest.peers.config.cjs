/** The OPC UA contract over all servers that are to be had, of the interop suite: needs nothing of its other peers. */
const { globalSetup: _preparesOthers, ...interop } = require('./jest.interop.config.cjs');

module.exports = { ...interop, testMatch: ['<rootDir>/test/interop/opcua-*.interop.ts'] };
