import {availableParallelism} from 'node:os'

import {Errors, Flags} from '@oclif/core'

import {parseWholeNumber, valueSource} from './number-flags.ts'

const maxWorkers = 1000

export const workersFlag = Flags.custom<number>({
  helpValue: 'N|auto',
  async parse(input, {token}, flag) {
    const count = input === 'auto' ? availableParallelism() : parseWholeNumber(input)
    if (count === undefined || count > maxWorkers) {
      throw new Errors.CLIError(
        `${valueSource(token, flag)} must be a whole number from 1 to ${maxWorkers} or "auto", not "${input}".`,
      )
    }
    return Promise.resolve(count)
  },
})
