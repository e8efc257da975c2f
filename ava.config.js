import {setFlagsFromString} from 'node:v8'

// Most of what a test file loads runs once: compiling that to machine code as soon as usual costs 7 % of the CPU time.
setFlagsFromString('--interrupt-budget=1000000')

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
