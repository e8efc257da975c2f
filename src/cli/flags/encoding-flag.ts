import {Flags} from '@oclif/core'

import {encodings} from '../../services/transfer/encodings.ts'

export const encodingFlag = Flags.option({
  options: encodings,
  helpValue: 'NAME',
  summary: `the encoding of the text; UTF-8 by default, or what its byte order mark says: ${encodings.join(', ')}`,
})
