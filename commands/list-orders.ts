import {Flags} from '@oclif/core'
import type {Knex} from 'knex'

import {readAmount} from '../src/cli/ask/amount.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {csvFlag, writeCsv} from '../src/cli/csv-output.ts'
import {currencyFlag} from '../src/cli/flags/order-flags.ts'
import {keysetFlags, keysetRequest} from '../src/cli/flags/page-flags.ts'
import {productFlag} from '../src/cli/flags/product-arg.ts'
import {timeFlag} from '../src/cli/flags/time-flag.ts'
import {printable} from '../src/cli/show/format.ts'
import {csvCells, csvColumns, orderTable} from '../src/cli/show/order-list.ts'
import {describeKeysetPage} from '../src/cli/show/page.ts'
import {untilInterrupted} from '../src/cli/signals.ts'
import {type OrderSummaryJson, orderSummaryJson} from '../src/json/order.ts'
import {keysetPageJson, type KeysetPageJson} from '../src/json/page.ts'
import type {Currency} from '../src/money.ts'
import {findAnyUser} from '../src/services/accounts/users.ts'
import {listAllOrders, type OrderFilter, streamOrders} from '../src/services/orders/list.ts'
import {identifyProduct, type ProductReference} from '../src/services/products/identify-product.ts'

export default class ListOrders extends ShopCommand {
  static override summary = 'List orders, newest first.'
  static override description =
    'Lists orders of deactivated users as well. Flags can be combined: an order is listed if all of them apply to it. ' +
    '--csv prints all matching orders as of one moment, with a row for each line of an order.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {
      description: 'What a user ordered in 2026',
      command: '<%= config.bin %> <%= command.id %> --user matt --from 2026-01-01 --to 2027-01-01',
    },
    {
      description: 'Large orders of a product',
      command: '<%= config.bin %> <%= command.id %> --product 6 --min-total 100 --currency USD',
    },
    '<%= config.bin %> <%= command.id %> --status cancelled --json',
    '<%= config.bin %> <%= command.id %> --csv > orders.csv',
  ]
  static override flags = {
    user: Flags.string({char: 'u', summary: 'only orders of this user', helpValue: 'NAME'}),
    status: Flags.option({
      options: ['placed', 'cancelled'] as const,
      summary: 'only orders with this status: placed or cancelled',
      helpValue: 'STATUS',
    })(),
    product: productFlag({char: 'p', summary: 'only orders of this product, by id, SKU or unique name'}),
    from: timeFlag({summary: 'only orders placed at this time or later'}),
    to: timeFlag({summary: 'only orders placed before this time'}),
    'min-total': Flags.string({
      summary: 'only orders of at least this total, in --currency or else SHOP_CURRENCY or USD',
      helpValue: 'AMOUNT',
    }),
    currency: currencyFlag({summary: 'only orders in this currency'}),
    csv: csvFlag,
    ...keysetFlags,
  }

  async run(): Promise<KeysetPageJson<OrderSummaryJson> | undefined> {
    const {flags} = await this.parse(ListOrders)
    const {csv, status, from, to} = flags
    const filter = {status, from, to, ...this.readTotal(flags)}
    if (csv) {
      return untilInterrupted(async (signal) =>
        this.withDatabase(
          async (db) => {
            const found = {...filter, ...(await this.find(db, flags))}
            await streamOrders(db, found, async (orders) => writeCsv(csvColumns, orders, {toCells: csvCells, signal}))
            return undefined
          },
          {signal},
        ),
      )
    }
    const page = await this.withDatabase(async (db) =>
      listAllOrders(db, {...filter, ...(await this.find(db, flags)), ...keysetRequest(flags)}),
    )
    const {columns, rows} = orderTable(page.results)
    this.logTable(columns, rows)
    this.logToStderr(describeKeysetPage(page, 'order'))
    return keysetPageJson(page, orderSummaryJson)
  }

  private readTotal(flags: TotalFlags): Pick<OrderFilter, 'currency' | 'minTotal'> {
    const {currency, 'min-total': text} = flags
    if (text === undefined) return {currency}
    const known = currency ?? this.shopConfig().currency
    return {currency: known, minTotal: readAmount(text, known)}
  }

  private async find(db: Knex, flags: NameFlags): Promise<Pick<OrderFilter, 'productId' | 'userId'>> {
    const user = flags.user === undefined ? undefined : await findAnyUser(db, flags.user)
    if (user && !user.isActive) this.logToStderr(`The user "${printable(user.username)}" is deactivated.`)
    const productId = flags.product && (await identifyProduct(db, flags.product))
    return {userId: user?.id, productId}
  }
}

type TotalFlags = {currency: Currency | undefined; 'min-total': string | undefined}

type NameFlags = {user: string | undefined; product: ProductReference | undefined}
