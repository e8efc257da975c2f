import {availableParallelism} from 'node:os'

import {Errors, Flags} from '@oclif/core'

import {parseWholeNumber} from './whole-number.ts'

const mostWorkers = 1000

export const workersFlag = Flags.custom<number>({
  helpValue: 'N|auto',
  async parse(input) {
    const count = input === 'auto' ? availableParallelism() : parseWholeNumber(input)
    if (count === undefined || count > mostWorkers) {
      throw new Errors.CLIError(
        `"${input}" is no number of workers. Give a whole number from 1 to ${mostWorkers}, or auto.`,
      )
    }
    return Promise.resolve(count)
  },
})
