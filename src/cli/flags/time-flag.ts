import {Errors, Flags} from '@oclif/core'

import {parseTime} from '../../times.ts'

/** A date or time of RFC 3339, in UTC unless it has an offset. Parsed to the text form that src/db/types.ts uses. */
export const timeFlag = Flags.custom({
  helpValue: 'TIME',
  async parse(input) {
    const time = parseTime(input)
    if (time === undefined) {
      throw new Errors.CLIError(
        `"${input}" is not a valid time. Use a date or time such as 2027-01-01 or 2027-01-01T09:30:00Z.`,
      )
    }
    return Promise.resolve(time)
  },
})
