import type {Hook} from '@oclif/core'

import {readFileLimit} from './file-limit.ts'

/** Loading the server's modules alone opens about 90 files at once; connections need one each. */
const fewestFiles = 128

/** Runs before a command is loaded, because Node reports a module that it cannot open as missing. */
const requireOpenFiles: Hook<'init'> = function ({id}) {
  const limit = id === 'serve' ? readFileLimit() : Infinity
  if (limit < fewestFiles) {
    process.stderr.write(
      `Error: This process may open ${limit} files, and a server needs at least ${fewestFiles}.\n` +
        'Raise the limit, for example with: ulimit -n 4096\n',
    )
    this.exit(1)
  }
  return Promise.resolve()
}

export default requireOpenFiles
