import type {Movement} from '../../services/stock/movements.ts'
import type {CsvCell} from './csv.ts'
import {describeOperator, formatDelta, formatTime, printable} from './format.ts'
import type {Column} from './table.ts'

export const movementColumns: Column[] = [
  {head: 'Moved (UTC)', wraps: true},
  {head: 'Product', wraps: true},
  {head: 'Pool', wraps: true},
  {head: 'Reason'},
  {head: 'Order', align: 'right'},
  {head: 'Stock', align: 'right'},
  {head: 'By', wraps: true},
]

export function movementRow(movement: Movement): string[] {
  const {createdAt, productId, productName, pool, reason, orderId, delta, operator, note} = movement
  return [
    formatTime(createdAt),
    `${productId}: ${printable(productName)}`,
    printable(pool),
    reason,
    orderId === null ? '' : String(orderId),
    formatDelta(delta),
    describeOperator(operator, note),
  ]
}

export const csvColumns = [
  'movement_id',
  'created_at',
  'product_id',
  'product',
  'pool',
  'delta',
  'reason',
  'order_id',
  'operator',
  'note',
] as const

export function csvCells(movement: Movement): CsvCell[][] {
  const {id, createdAt, productId, productName, pool, delta, reason, orderId, operator, note} = movement
  return [[id, {raw: createdAt}, productId, productName, pool, delta, reason, orderId, operator, note]]
}
