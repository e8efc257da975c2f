import {formatAmount} from '../../money.ts'
import type {ListedOrder} from '../../services/orders/list.ts'
import type {CsvCell} from './csv.ts'
import {describeOperator, formatMoney, formatTime, printable} from './format.ts'
import type {Column} from './table.ts'

type OrderColumn = Column & {
  cell: (order: ListedOrder) => string
  /** Is left out if it is empty in every row. */
  isOptional?: true
}

const orderColumns: OrderColumn[] = [
  {head: 'Order', align: 'right', cell: ({id}) => String(id)},
  {head: 'Placed (UTC)', wraps: true, cell: ({createdAt}) => formatTime(createdAt)},
  {head: 'User', wraps: true, cell: ({username}) => printable(username)},
  {head: 'Status', cell: ({status}) => status},
  {
    head: 'Cancelled by',
    wraps: true,
    isOptional: true,
    cell: ({cancellation}) => (cancellation ? describeOperator(cancellation.operator, cancellation.note) : ''),
  },
  {head: 'Items', wraps: true, cell: describeItems},
  {head: 'Total', align: 'right', cell: ({total, currency}) => formatMoney(total, currency)},
]

function describeItems({lines, currency}: ListedOrder): string {
  return lines
    .map(
      ({productName, quantity, unitPrice}) =>
        `${printable(productName)} x ${quantity} @ ${formatAmount(unitPrice, currency)}`,
    )
    .join('\n')
}

/** A table of the orders, without columns that would be empty. */
export function orderTable(orders: ListedOrder[]): {columns: Column[]; rows: string[][]} {
  const columns = orderColumns.filter(({isOptional, cell}) => !isOptional || orders.some((order) => cell(order) !== ''))
  return {columns, rows: orders.map((order) => columns.map(({cell}) => cell(order)))}
}

export const csvColumns = [
  'order_id',
  'created_at',
  'user',
  'status',
  'currency',
  'total_price',
  'is_imported',
  'cancelled_at',
  'cancelled_by',
  'cancellation_note',
  'product_id',
  'product',
  'product_price',
  'quantity',
] as const

/** A row for each line of the order; a single one without a product for an imported order without lines. */
export function csvCells(order: ListedOrder): CsvCell[][] {
  const {id, createdAt, username, status, currency, total, isImported, cancellation, lines} = order
  const start: CsvCell[] = [
    id,
    {raw: createdAt},
    username,
    status,
    currency,
    {raw: formatAmount(total, currency)},
    String(isImported),
    cancellation && {raw: cancellation.createdAt},
    cancellation?.operator ?? null,
    cancellation?.note ?? null,
  ]
  if (lines.length === 0) return [[...start, null, null, null, null]]
  return lines.map(({productId, productName, unitPrice, quantity}) => [
    ...start,
    productId,
    productName,
    {raw: formatAmount(unitPrice, currency)},
    quantity,
  ])
}
