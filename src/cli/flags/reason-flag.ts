import {Errors, Flags} from '@oclif/core'

import {isAtMost} from '../../text.ts'

const maxLength = 500

/** Why an operator changes something. It is kept with the operator's name and shown where the change is listed. */
export const reasonFlag = Flags.custom({
  summary: 'why, for the record',
  helpValue: 'TEXT',
  async parse(input) {
    const text = input.trim()
    if (text === '' || !isAtMost(text, maxLength)) {
      throw new Errors.CLIError(`--reason must have 1 to ${maxLength} characters.`)
    }
    return Promise.resolve(text)
  },
})
