/** Sources are ES modules; swc turns them into CommonJS for jest, which cannot load ES modules on Node 20. */
const swc = (parser) => ['@swc/jest', { jsc: { parser, target: 'es2022' }, module: { type: 'commonjs' } }];

module.exports = {
  testEnvironment: '<rootDir>/test/support/host-typed-arrays-environment.cjs',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: {
    '^.+\\.ts$': swc({ syntax: 'typescript' }),
    '^.+\\.js$': ['@swc/jest', { module: { type: 'commonjs' } }],
  },
  // The gradients of the tensor library come as ES modules only; its bundle has none of them.
  transformIgnorePatterns: ['/node_modules/(?!(hexy/|@tensorflow/tfjs-core/dist/(?!tf-core)))'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  maxWorkers: 2,
  reporters: ['default', '<rootDir>/test/support/closing-line-reporter.cjs'],
  testTimeout: 120_000,
};
