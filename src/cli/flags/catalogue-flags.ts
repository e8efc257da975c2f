import {Errors, Flags} from '@oclif/core'

import {maxSearchLength} from '../../services/catalogue/search.ts'
import {orderings} from '../../services/catalogue/sort.ts'
import {countCodePoints, isAtMost} from '../../text.ts'

/** Words, or parts of words, in the names of products. */
export const searchFlag = Flags.custom({
  char: 'q',
  helpValue: 'TEXT',
  async parse(input) {
    if (!isAtMost(input, maxSearchLength)) {
      const length = countCodePoints(input)
      throw new Errors.CLIError(`--search must have at most ${maxSearchLength} characters, not ${length}.`)
    }
    return Promise.resolve(input)
  },
})

export const catalogueFlags = {
  search: searchFlag({summary: 'words or parts of words in the name; case and accents do not matter'}),
  ordering: Flags.option({options: orderings, helpValue: 'ORDER'})({
    summary: 'sort order: name, price or id; "-" means descending, as in --ordering=-price',
  }),
  cursor: Flags.string({
    summary: 'page by cursor instead of by number; "" is the first page',
    helpValue: 'CURSOR',
    exclusive: ['page'],
  }),
}
