import {Args, Errors, Flags} from '@oclif/core'

import type {ProductReference} from '../../services/products/identify-product.ts'
import {isStorable} from '../../text.ts'
import {parseWholeNumber} from './number-flags.ts'

/** PRODUCT of a command: an id, a SKU or a name, to be looked up with `chooseProduct` or `identifyProduct`. */
export const productArg = Args.custom<ProductReference>({
  ignoreStdin: true,
  description: 'product id, SKU or unique name',
  parse: async (input) => Promise.resolve(readReference(input)),
})

export const productFlag = Flags.custom<ProductReference>({
  helpValue: 'PRODUCT',
  parse: async (input) => Promise.resolve(readReference(input)),
})

export function readReference(input: string): ProductReference {
  if (input.trim() === '' || !isStorable(input)) {
    throw new Errors.CLIError(`"${input}" is not a valid product. Use an id, a SKU or a name.`)
  }
  return {text: input, id: parseWholeNumber(input)}
}
