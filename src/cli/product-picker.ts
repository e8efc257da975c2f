import {Errors} from '@oclif/core'

import type {Product} from '../services/catalogue/list.ts'
import type {OrderItem} from '../services/checkout/new-order.ts'
import {formatMoney, printable} from './show/format.ts'
import {askChoice, askConfirmation, askWholeNumber} from './prompts.ts'

type BasketLine = {product: Product; quantity: number}

/** Asks for products and how many of each, until the buyer confirms the order and what it costs. */
export async function pickItems(products: Product[]): Promise<{items: OrderItem[]; expectedTotal: number}> {
  if (products.length === 0) throw new Errors.CLIError('There is nothing in stock to order.', {exit: 1})

  const basket: BasketLine[] = []
  do {
    const offered = products.filter((product) => !basket.some((line) => line.product === product))
    basket.push(await pickLine(offered))
  } while (basket.length < products.length && (await askConfirmation('Another product?')))

  if (!(await askConfirmation(`Order ${describeBasket(basket)}?`))) {
    throw new Errors.CLIError('Nothing was ordered.', {exit: 1})
  }
  const items = basket.map(({product, quantity}) => ({productId: product.id, quantity}))
  return {items, expectedTotal: sumBasket(basket)}
}

async function pickLine(products: Product[]): Promise<BasketLine> {
  const choices = products.map((product) => ({
    name: describeProduct(product),
    short: printable(product.name),
    value: product,
  }))
  const product = await askChoice('Which product? Type a part of its name', choices)
  const quantity = await askWholeNumber('How many?', {max: product.quantityInStock})
  return {product, quantity}
}

function describeProduct({name, price, currency, quantityInStock}: Product): string {
  return `${printable(name)} at ${formatMoney(price, currency)}, ${quantityInStock} in stock`
}

function describeBasket(basket: BasketLine[]): string {
  const lines = basket.map(({product, quantity}) => `${quantity} x ${printable(product.name)}`)
  return `${lines.join(', ')} for ${formatMoney(sumBasket(basket), basket[0]?.product.currency ?? '')}`
}

function sumBasket(basket: BasketLine[]): number {
  return basket.reduce((sum, {product, quantity}) => sum + product.price * quantity, 0)
}
