/** The tests of `npm run test:long`, which take a minute each or make random cases. */
export default {
  files: ['dist/test/**/*.long.test.js'],
  timeout: '10m',
  concurrency: 2,
}
