import {formatAmount} from '../../money.ts'
import type {ListedOrder} from '../../services/orders/list.ts'
import type {CsvCell} from './csv.ts'
import {describeOperator, formatMoney, formatTime, printable} from './format.ts'
import type {Column} from './table.ts'

type OrderColumn = Column & {
  cell: (order: ListedOrder) => string
  /** The column is left out unless this is true of an order. */
  isFor?: (order: ListedOrder) => boolean
}

const orderColumns: OrderColumn[] = [
  {head: 'Order', align: 'right', cell: ({id}) => String(id)},
  {head: 'Placed (UTC)', wraps: true, cell: ({createdAt}) => formatTime(createdAt)},
  {head: 'User', wraps: true, cell: ({username}) => printable(username)},
  {head: 'Status', cell: ({status}) => status},
  {
    head: 'Payment',
    wraps: true,
    isFor: ({paymentStatus}) => paymentStatus !== 'none',
    cell: ({paymentStatus}) => paymentStatus,
  },
  {
    head: 'Cancelled by',
    wraps: true,
    isFor: (order) => doneCancellation(order) !== null,
    cell: (order) => {
      const {operator = null, note = null} = doneCancellation(order) ?? {}
      return describeOperator(operator, note)
    },
  },
  {head: 'Items', wraps: true, cell: describeItems},
  {head: 'Total', align: 'right', cell: ({total, currency}) => formatMoney(total, currency)},
]

/** None of an order whose cancellation was only asked for, because its payment is not settled. */
function doneCancellation({status, cancellation}: ListedOrder): ListedOrder['cancellation'] {
  return status === 'cancelled' ? cancellation : null
}

function describeItems({lines, currency}: ListedOrder): string {
  return lines
    .map(
      ({productName, quantity, unitPrice}) =>
        `${printable(productName)} x ${quantity} @ ${formatAmount(unitPrice, currency)}`,
    )
    .join('\n')
}

/** A table of the orders, with the columns that tell something about them. */
export function orderTable(orders: ListedOrder[]): {columns: Column[]; rows: string[][]} {
  const columns = orderColumns.filter(({isFor}) => !isFor || orders.some(isFor))
  return {columns, rows: orders.map((order) => columns.map(({cell}) => cell(order)))}
}

export const csvColumns = [
  'order_id',
  'created_at',
  'user',
  'status',
  'currency',
  'total_price',
  'payment_status',
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
  const {id, createdAt, username, status, currency, total, paymentStatus, isImported, lines} = order
  const cancellation = doneCancellation(order)
  const start: CsvCell[] = [
    id,
    {raw: createdAt},
    username,
    status,
    currency,
    {raw: formatAmount(total, currency)},
    paymentStatus,
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
