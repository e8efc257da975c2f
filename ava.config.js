/** Files that take long by the clock start first, so that none runs alone at the end. */
const slowest = [
  'db/embedded/sharing',
  'db/embedded/recovery',
  'db/embedded/refusals',
  'commands/binary',
  'http/hostile',
  'openapi/fuzz',
  'checkout/interleavings',
  'commands/serve',
  'checkout/faults',
]

function place(file) {
  const at = slowest.findIndex((name) => file.endsWith(`/${name}.test.js`))
  return at === -1 ? slowest.length : at
}

export default {
  files: ['dist/test/**/*.test.js', '!dist/test/**/*.long.test.js'],
  timeout: '3m',
  concurrency: 4,
  sortTestFiles: (one, other) => place(one) - place(other) || one.localeCompare(other),
}
