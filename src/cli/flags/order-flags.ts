import {Errors, Flags} from '@oclif/core'

import {isCurrency} from '../../money.ts'
import type {OrderItem} from '../../services/checkout/new-order.ts'
import {maxLength} from '../../text.ts'
import {parseWholeNumber} from './number-flags.ts'

/** PRODUCT_ID or PRODUCT_ID:QUANTITY. */
export const itemFlag = Flags.custom<OrderItem>({
  helpValue: 'PRODUCT_ID[:QUANTITY]',
  async parse(input) {
    const [id = '', count = '1', ...rest] = input.split(':')
    const productId = parseWholeNumber(id)
    const quantity = parseWholeNumber(count)
    if (productId === undefined || quantity === undefined || rest.length > 0) {
      throw new Errors.CLIError(
        `"${input}" is not a valid item. Use PRODUCT_ID or PRODUCT_ID:QUANTITY, with positive whole numbers, as in 7:2.`,
      )
    }
    return Promise.resolve({productId, quantity})
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
    if (input === '' || input.length > maxLength.idempotencyKey) {
      throw new Errors.CLIError(`--${name} must have 1 to ${maxLength.idempotencyKey} characters, not ${input.length}.`)
    }
    return Promise.resolve(input)
  },
})
