import {Flags} from '@oclif/core'
import type {Knex} from 'knex'

import {readAmount} from '../src/cli/amount.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {formatMoney} from '../src/cli/show/format.ts'
import {currencyFlag, idempotencyKeyFlag, itemFlag} from '../src/cli/flags/order-flags.ts'
import {pickItems} from '../src/cli/product-picker.ts'
import {askUsername, requireTerminal} from '../src/cli/prompts.ts'
import {type PlacedOrderJson, placedOrderJson} from '../src/json/order.ts'
import type {Currency} from '../src/money.ts'
import {listProducts} from '../src/services/catalogue/list.ts'
import {newOrder, type OrderItem} from '../src/services/checkout/new-order.ts'
import {placeOrder} from '../src/services/checkout/place-order.ts'
import {findUser} from '../src/services/accounts/users.ts'

export default class PlaceOrder extends ShopCommand {
  static override summary = 'Place an order, taking the products out of stock.'
  static override description =
    'All of it or nothing. In a terminal it asks for the user, and lets you pick products where no --item is given.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --user matt --item 7:2 --item 9',
    '<%= config.bin %> <%= command.id %> --user matt',
    '<%= config.bin %> <%= command.id %> --user matt --item 7:2 --currency EUR --expected-total 24.68',
    '<%= config.bin %> <%= command.id %> --user matt --item 7 --idempotency-key 2f6d4b --json',
  ]
  static override flags = {
    user: Flags.string({summary: 'the buyer', helpValue: 'NAME'}),
    item: itemFlag({
      summary: 'a product and how many of it, 1 without a number; repeatable',
      multiple: true,
      multipleNonGreedy: true,
    }),
    currency: currencyFlag({summary: 'the currency of the order; SHOP_CURRENCY or USD without it'}),
    'expected-total': Flags.string({summary: 'refuse the order where it costs anything else', helpValue: 'AMOUNT'}),
    'idempotency-key': idempotencyKeyFlag({summary: 'repeated with the same key, the order is placed only once'}),
  }

  async run(): Promise<PlacedOrderJson> {
    const {flags} = await this.parse(PlaceOrder)
    const {item, currency = this.shopConfig().currency, 'idempotency-key': idempotencyKey} = flags
    const expectedTotal = readExpectedTotal(flags['expected-total'], currency)
    if (!item) requireTerminal('Say what to order with --item.')
    const username = flags.user ?? (await askUsername())

    const {order, isReplay} = await this.withDatabase(async (db) => {
      const {id: userId} = await findUser(db, username)
      const basket = item ? {items: item} : await pickFromStock(db, currency)
      const order = {userId, currency, ...basket, ...expectedTotal, ...(idempotencyKey && {idempotencyKey})}
      return placeOrder(db, newOrder(order))
    })
    const total = formatMoney(order.total, order.currency)
    this.log(isReplay ? `Order ${order.id} was placed before: ${total}` : `Placed order ${order.id}: ${total}`)
    return placedOrderJson(order)
  }
}

function readExpectedTotal(text: string | undefined, currency: Currency): {expectedTotal?: number} {
  return text === undefined ? {} : {expectedTotal: readAmount(text, currency)}
}

/** More than anybody scrolls through; typing finds them by name. */
const pickedFrom = 1000

async function pickFromStock(db: Knex, currency: Currency): Promise<{items: OrderItem[]; expectedTotal: number}> {
  const {results} = await listProducts(db, {page: 1, pageSize: pickedFrom, currency})
  return pickItems(results)
}
