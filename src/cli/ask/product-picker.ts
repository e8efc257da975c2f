import {Errors} from '@oclif/core'

import type {Product} from '../../services/catalogue/list.ts'
import type {OrderItem} from '../../services/checkout/new-order.ts'
import {formatMoney, printable} from '../show/format.ts'
import {askChoice, askConfirmation, askWholeNumber, requireConsent} from './prompts.ts'

type Picked = {product: Product; quantity: number}

/** Asks for products and quantities, until the buyer confirms the order and its total. */
export async function pickItems(products: Product[]): Promise<{items: OrderItem[]; expectedTotal: number}> {
  if (products.length === 0) throw new Errors.CLIError('There is nothing in stock to order.', {exit: 1})

  const picked: Picked[] = []
  do {
    const others = products.filter((product) => !picked.some((item) => item.product === product))
    picked.push(await pickItem(others))
  } while (picked.length < products.length && (await askConfirmation('Another product?')))

  await requireConsent(`Order ${describePicked(picked)}?`, 'Nothing was ordered.')
  const items = picked.map(({product, quantity}) => ({productId: product.id, quantity}))
  return {items, expectedTotal: totalOf(picked)}
}

async function pickItem(products: Product[]): Promise<Picked> {
  const choices = products.map((product) => ({
    name: describeProduct(product),
    short: printable(product.name),
    value: product,
  }))
  const product = await askChoice('Which product? Type part of a name', choices)
  const quantity = await askWholeNumber('How many?', {max: product.quantityInStock})
  return {product, quantity}
}

function describeProduct({name, price, currency, quantityInStock}: Product): string {
  return `${printable(name)} at ${formatMoney(price, currency)}, ${quantityInStock} in stock`
}

function describePicked(picked: Picked[]): string {
  const items = picked.map(({product, quantity}) => `${quantity} x ${printable(product.name)}`)
  return `${items.join(', ')} for ${formatMoney(totalOf(picked), picked[0]?.product.currency ?? '')}`
}

function totalOf(picked: Picked[]): number {
  return picked.reduce((total, {product, quantity}) => total + product.price * quantity, 0)
}
