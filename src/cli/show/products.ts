import {obstaclesOf} from '../../json/product.ts'
import {type Currency, formatAmount} from '../../money.ts'
import type {AnyProduct, EmptyList} from '../../services/products/list-all.ts'
import {printable} from './format.ts'
import type {Column} from './table.ts'

export function productColumns(currency: Currency): Column[] {
  return [
    {head: 'ID', align: 'right'},
    {head: 'Product', wraps: true},
    {head: 'In stock', align: 'right'},
    {head: currency, align: 'right'},
  ]
}

export function productRow({id, name, quantityInStock, price, currency}: AnyProduct): string[] {
  return [String(id), printable(name), String(quantityInStock), price === null ? '' : formatAmount(price, currency)]
}

export function allProductColumns(currency: Currency): Column[] {
  return [...productColumns(currency), {head: 'Not for sale', wraps: true}]
}

/** With the reasons why it cannot be ordered, such as `disabled, sold out`. */
export function allProductRow(product: AnyProduct): string[] {
  return [...productRow(product), obstaclesOf(product).join(', ').replaceAll('_', ' ')]
}

/** Says why no product can be ordered. */
export function describeNoProducts(reason: EmptyList, currency: Currency): string {
  const advice = {
    'no products': 'No products.',
    'no prices': `None has a price in ${currency}. To set one, run: shop set-price PRODUCT AMOUNT --currency ${currency}`,
    'none available': 'No products. To include those that cannot be ordered, pass --all.',
  }
  return advice[reason]
}
