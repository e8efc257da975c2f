import {Flags} from '@oclif/core'

import {ShopCommand} from '../src/cli/base-command.ts'
import {formatMoney, formatTime, printable} from '../src/cli/show/format.ts'
import {pageFlags, pageRequest, pageSizeQuery} from '../src/cli/flags/page-flags.ts'
import {describePage, linkTo} from '../src/cli/show/page.ts'
import type {Column} from '../src/cli/show/table.ts'
import {askUsername} from '../src/cli/ask/prompts.ts'
import {listedOrderJson, type OrderJson} from '../src/json/order.ts'
import {pageJson, type PageJson} from '../src/json/page.ts'
import {formatAmount} from '../src/money.ts'
import {listOrders, type Order} from '../src/services/orders/history.ts'
import {findAnyUser} from '../src/services/accounts/users.ts'

export default class ListOrders extends ShopCommand {
  static override summary = "List a user's orders, newest first."
  static override description =
    'Lists the orders of deactivated users as well. If any is paid through the shop, shows how far its payment is.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --user matt',
    '<%= config.bin %> <%= command.id %> --user matt --page 2',
    '<%= config.bin %> <%= command.id %> --user matt --json',
  ]
  static override flags = {
    user: Flags.string({summary: 'username of the buyer', helpValue: 'NAME'}),
    ...pageFlags,
  }

  async run(): Promise<PageJson<OrderJson>> {
    const {flags} = await this.parse(ListOrders)
    const username = flags.user ?? (await askUsername())
    const {user, page} = await this.withDatabase(async (db) => {
      const user = await findAnyUser(db, username)
      return {user, page: await listOrders(db, {userId: user.id, ...pageRequest(flags)})}
    })
    if (!user.isActive) this.logToStderr(`The user "${printable(user.username)}" is deactivated.`)
    const isPaid = page.results.some(({paymentStatus}) => paymentStatus !== 'none')
    this.logTable(
      isPaid ? columns.toSpliced(3, 0, paymentColumn) : columns,
      page.results.map((order) => (isPaid ? orderRow(order).toSpliced(3, 0, order.paymentStatus) : orderRow(order))),
    )
    this.logToStderr(describePage(page, 'order'))
    return pageJson(page, listedOrderJson, linkTo('/orders/history/', pageSizeQuery(flags)))
  }
}

const columns: Column[] = [
  {head: 'Order', align: 'right'},
  {head: 'Placed (UTC)', wraps: true},
  {head: 'Status'},
  {head: 'Items', wraps: true},
  {head: 'Total', align: 'right'},
]

const paymentColumn: Column = {head: 'Payment', wraps: true}

function orderRow({id, createdAt, status, lines, total, currency}: Order): string[] {
  const items = lines.map(
    ({productName, quantity, unitPrice}) =>
      `${printable(productName)} x ${quantity} @ ${formatAmount(unitPrice, currency)}`,
  )
  return [String(id), formatTime(createdAt), status, items.join('\n'), formatMoney(total, currency)]
}
