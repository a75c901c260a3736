/** The interop suite: `npm run test:interop`. It needs Java 17 and Maven for some peers and says so where they are not. */
const base = require('./jest.config.cjs');

module.exports = {
  ...base,
  testMatch: ['<rootDir>/test/interop/**/*.interop.ts'],
  globalSetup: '<rootDir>/test/interop/prepare-peers.ts',
  // Java starts slowly beside others on a small machine.
  testTimeout: 240_000,
  maxWorkers: 1,
  verbose: true,
};
