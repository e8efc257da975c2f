import {Errors, type Hook} from '@oclif/core'
import {closest, distance} from 'fastest-levenshtein'

import {errorJson} from './show/failures.ts'
import {printError} from './show/print-error.ts'

/** oclif calls this for an unknown command, which has no class to print its error as JSON. */
const commandNotFound: Hook.CommandNotFound = async function ({id, argv = [], config}) {
  const error = new Errors.CLIError(describe(id.split(':'), config.commandIDs))
  if ([...id.split(':'), ...argv].includes('--json')) this.log(JSON.stringify(errorJson(error), undefined, 2))
  else printError(error.message)
  process.exitCode = error.oclif.exit ?? 2
  return Promise.resolve()
}

/** `words` are what was typed, up to the first flag. */
function describe(words: string[], ids: string[]): string {
  if (words[0]?.startsWith('-')) return 'No command was given. To see all commands, run: shop help'
  const typed = words.filter((word) => !word.startsWith('-')).join(' ')
  const meant = findMeant(
    typed,
    ids.map((id) => id.replaceAll(':', ' ')),
  )
  const [command, extra] = words
  if (meant === undefined && command !== undefined && extra !== undefined && ids.includes(command)) {
    return `There is no argument for ${extra}. To see what there is, run: shop help ${command}`
  }
  const advice = meant === undefined ? 'To see all commands, run: shop help' : `Did you mean ${meant}?`
  return `There is no command ${typed}. ${advice}`
}

/** The command that a slip of the hand most probably stands for. */
function findMeant(typed: string, commands: string[]): string | undefined {
  const [begun] = commands.filter((command) => command.startsWith(typed) || command.endsWith(` ${typed}`))
  if (begun !== undefined && typed.length > 2) return begun
  const [noun] = typed.split(' ')
  const shown = [`list-${noun}`, `show-${noun}`].find((command) => commands.includes(command))
  if (shown !== undefined) return shown
  const nearest = closest(typed, commands)
  // Any word of three letters is two changes away from `top`.
  const slips = typed.length < 5 ? 1 : Math.max(2, Math.floor(typed.length / 4))
  return distance(typed, nearest) <= slips ? nearest : undefined
}

export default commandNotFound
