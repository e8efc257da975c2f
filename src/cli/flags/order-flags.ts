import {Errors, Flags} from '@oclif/core'

import {isCurrency} from '../../money.ts'
import type {ProductReference} from '../../services/products/identify-product.ts'
import {countCodePoints, isAtMost, maxLength} from '../../text.ts'
import {parseWholeNumber} from './number-flags.ts'
import {readReference} from './product-arg.ts'

/** A product as it was given, and how many of it. */
export type ItemReference = {product: ProductReference; quantity: number}

/** PRODUCT or PRODUCT:QUANTITY. A name that has a colon needs a quantity behind it. */
export const itemFlag = Flags.custom<ItemReference>({
  helpValue: 'PRODUCT[:QUANTITY]',
  async parse(input) {
    const colon = input.lastIndexOf(':')
    const product = colon === -1 ? input : input.slice(0, colon)
    const quantity = colon === -1 ? 1 : parseWholeNumber(input.slice(colon + 1))
    if (product.trim() === '' || quantity === undefined) {
      throw new Errors.CLIError(
        `"${input}" is not a valid item. Use PRODUCT or PRODUCT:QUANTITY: an id, a SKU or a name, and a positive whole number, as in 7:2.`,
      )
    }
    return Promise.resolve({product: readReference(product), quantity})
  },
})

export const currencyFlag = Flags.custom({
  helpValue: 'CODE',
  async parse(input) {
    const code = input.toUpperCase()
    if (!isCurrency(code)) {
      throw new Errors.CLIError(`"${input}" is not a supported currency. Use an ISO 4217 code such as USD.`)
    }
    return Promise.resolve(code)
  },
})

export const idempotencyKeyFlag = Flags.custom({
  helpValue: 'KEY',
  async parse(input, _context, {name}) {
    if (input === '' || !isAtMost(input, maxLength.idempotencyKey)) {
      const length = countCodePoints(input)
      throw new Errors.CLIError(`--${name} must have 1 to ${maxLength.idempotencyKey} characters, not ${length}.`)
    }
    return Promise.resolve(input)
  },
})
