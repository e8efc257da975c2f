import type {PoolSummary} from '../../services/stock/pools.ts'
import {printable} from './format.ts'
import type {Column} from './table.ts'

export const poolColumns: Column[] = [
  {head: 'Pool', wraps: true},
  {head: 'Products', align: 'right'},
  {head: 'On hand', align: 'right'},
  {head: 'Held', align: 'right'},
  {head: 'Free', align: 'right'},
]

export function poolRow({name, products, onHand, reserved, free}: PoolSummary): string[] {
  return [printable(name), ...[products, onHand, reserved, free].map(String)]
}
