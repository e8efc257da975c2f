const seed = process.env.TEST_SEED ?? String(Date.now() % 2 ** 31)
console.log(`TEST_SEED=${seed}`)

/**
 * The tests of `npm run test:long`: those that are too long for `npm test`, and those that make more rows or more
 * random cases in it (see test/helpers/tier.ts).
 */
export default {
  files: [
    'dist/test/**/*.long.test.js',
    'dist/test/commands/binary.test.js',
    'dist/test/commands/login-guessing.test.js',
    'dist/test/src/db/embedded/recovery.test.js',
    'dist/test/src/http/hostile.test.js',
    'dist/test/src/http/openapi/fuzz.test.js',
    'dist/test/src/services/catalogue/{broad-search,marks,plans,recompute,walk}.test.js',
    'dist/test/src/services/checkout/interleavings.test.js',
    'dist/test/src/services/products/prices.test.js',
    'dist/test/src/services/transfer/dump.test.js',
  ],
  environmentVariables: {TEST_TIER: 'long', TEST_SEED: seed},
  timeout: '10m',
  concurrency: 2,
}
