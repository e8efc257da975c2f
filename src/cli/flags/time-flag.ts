import {Errors, Flags} from '@oclif/core'

import {parseTime} from '../../times.ts'

/** A date or time of RFC 3339, as src/db/types.ts has it: in UTC, which it is without an offset. */
export const timeFlag = Flags.custom({
  helpValue: 'TIME',
  async parse(input) {
    const time = parseTime(input)
    if (time === undefined) {
      throw new Errors.CLIError(
        `"${input}" is no time. Give a date or time such as 2027-01-01 or 2027-01-01T09:30:00Z.`,
      )
    }
    return Promise.resolve(time)
  },
})
