import {Errors, type Hook} from '@oclif/core'

import {errorJson} from './show/failures.ts'

/** oclif calls this for an unknown command, which has no class to print its error as JSON. */
const commandNotFound: Hook.CommandNotFound = async function ({id, argv = []}) {
  const isMissing = id.startsWith('-')
  const error = new Errors.CLIError(isMissing ? 'No command was given.' : `command ${id} not found`)
  if (![...id.split(':'), ...argv].includes('--json')) throw error
  this.log(JSON.stringify(errorJson(error), undefined, 2))
  process.exitCode = error.oclif.exit ?? 2
  return Promise.resolve()
}

export default commandNotFound
