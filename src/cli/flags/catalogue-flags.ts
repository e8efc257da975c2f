import {Errors, Flags} from '@oclif/core'

import {orderings} from '../../services/catalogue/sort.ts'
import {maxSearchLength} from '../../services/catalogue/search.ts'

export const catalogueFlags = {
  search: Flags.string({
    summary: 'words that the name has, whole or in part, in any case and without accents',
    helpValue: 'TEXT',
    async parse(input) {
      if (input.length > maxSearchLength) {
        throw new Errors.CLIError(`The search has ${input.length} characters. Give ${maxSearchLength} at most.`)
      }
      return Promise.resolve(input)
    },
  }),
  ordering: Flags.option({options: orderings})({summary: 'how to sort; - is descending (write --ordering=-price)'}),
  cursor: Flags.string({
    summary: 'a page by its cursor instead of its number; "" is the first',
    helpValue: 'CURSOR',
    exclusive: ['page'],
  }),
}
