import {Args, Errors} from '@oclif/core'

import {parseWholeNumber} from './whole-number.ts'

export const idArg = Args.custom<number>({
  ignoreStdin: true,
  async parse(input) {
    const id = parseWholeNumber(input)
    if (id === undefined) throw new Errors.CLIError(`"${input}" is no id. Give a whole number from 1.`)
    return Promise.resolve(id)
  },
})
