import {formatAmount} from '../../money.ts'
import type {ChangeCounts, FieldChange, LineChange} from '../../services/transfer/update/list-changes.ts'
import type {UpdatePlan, UpdateResult} from '../../services/transfer/update/update-products.ts'
import {plural} from '../../text.ts'
import {formatTime, printable} from './format.ts'
import {describeLeftovers} from './leftovers.ts'

/** `line 3: product 6, Rice: price USD 2.50 -> 2.75, stock 40 -> 60` */
export function describeLineChange({record, productId, name, changes}: LineChange): string {
  return `${record}: product ${productId}, ${printable(name)}: ${changes.map(describeChange).join(', ')}`
}

function describeChange(change: FieldChange): string {
  switch (change.field) {
    case 'enabled':
      return change.to ? 'enabled' : 'disabled'
    case 'max_per_order':
      return `at most per order ${change.from ?? 'any'} -> ${change.to ?? 'any'}`
    case 'price': {
      const {currency, from, to, effectiveFrom} = change
      const time = effectiveFrom === null ? '' : ` from ${formatTime(effectiveFrom)} UTC`
      return `price ${currency} ${from === null ? 'none' : formatAmount(from, currency)} -> ${formatAmount(to, currency)}${time}`
    }
    case 'stock':
      return `stock ${printable(change.pool)} ${change.from ?? 'none'} -> ${change.to}`
    default:
      return `${change.field === 'sku' ? 'SKU' : 'name'} ${quote(change.from)} -> ${quote(change.to)}`
  }
}

function quote(text: string | null): string {
  return text === null ? 'none' : `"${printable(text)}"`
}

/** `Updated 2 products of 3 lines: 1 name, 2 prices.`, and what the file has besides. */
export function describeUpdate(result: UpdatePlan | UpdateResult): string {
  const {changed, leftovers} = result
  if ('isApplied' in result && !result.isApplied && changed > 0) return 'Nothing was changed.'
  const done = 'isApplied' in result ? 'Updated' : 'Would update'
  const summary =
    changed === 0
      ? `Nothing to do: ${describeLines(result)}.`
      : `${done} ${changed} of ${result.lines} products: ${describeCounts(result)}.`
  return [summary, ...describeLeftovers(leftovers, 'Products without a quantity, whose stock stays as it is')].join(
    '\n',
  )
}

function describeLines({lines}: ChangeCounts): string {
  if (lines === 0) return 'the file has no products'
  return lines === 1 ? 'the product is already like that' : `all ${lines} products are already like that`
}

/** `1 name, 2 prices` */
export function describeCounts({names, skus, enabled, limits, prices, levels}: ChangeCounts): string {
  return [
    ...count(names, 'name'),
    ...count(skus, 'SKU'),
    ...count(enabled, 'product enabled or disabled', 'products enabled or disabled'),
    ...count(limits, 'limit per order', 'limits per order'),
    ...count(prices, 'price'),
    ...count(levels, 'stock level'),
  ].join(', ')
}

/** Empty for none. */
function count(number: number, one: string, many?: string): string[] {
  return number === 0 ? [] : [`${number} ${plural(number, one, many)}`]
}
