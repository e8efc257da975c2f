import {Flags} from '@oclif/core'
import type {Knex} from 'knex'

import {readAmount} from '../src/cli/ask/amount.ts'
import {ShopCommand} from '../src/cli/base-command.ts'
import {formatMoney} from '../src/cli/show/format.ts'
import {currencyFlag, idempotencyKeyFlag, itemFlag, type ItemReference} from '../src/cli/flags/order-flags.ts'
import {pickItems} from '../src/cli/ask/product-picker.ts'
import {askText, requireValues} from '../src/cli/ask/prompts.ts'
import {type PaidOrderRecordJson, paidOrderRecordJson} from '../src/json/payment-record.ts'
import type {Currency} from '../src/money.ts'
import {listProducts} from '../src/services/catalogue/list.ts'
import {newOrder, type OrderItem} from '../src/services/checkout/new-order.ts'
import {placeOrder} from '../src/services/checkout/place-order.ts'
import {identifyProduct} from '../src/services/products/identify-product.ts'
import {findPaidOrderRecord} from '../src/services/payments/operators/record.ts'
import {findUser} from '../src/services/accounts/users.ts'

export default class PlaceOrder extends ShopCommand {
  static override summary = 'Place an order and take its products out of stock.'
  static override description =
    'Orders all items or none. In a terminal, asks for a missing user, and lets you pick products if no --item is given.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --user matt --item 7:2 --item 9',
    '<%= config.bin %> <%= command.id %> --user matt --item "Sourdough Bread:2"',
    '<%= config.bin %> <%= command.id %> --user matt',
    '<%= config.bin %> <%= command.id %> --user matt --item 7:2 --currency EUR --expected-total 24.68',
    '<%= config.bin %> <%= command.id %> --user matt --item 7 --idempotency-key 2f6d4b --json',
  ]
  static override flags = {
    user: Flags.string({char: 'u', summary: 'username of the buyer', helpValue: 'NAME'}),
    item: itemFlag({
      summary: 'product and quantity, 1 by default; repeatable',
      multiple: true,
      multipleNonGreedy: true,
    }),
    currency: currencyFlag({summary: 'currency of the order; SHOP_CURRENCY or USD by default'}),
    'expected-total': Flags.string({
      summary: 'refuse the order if its total differs from this amount',
      helpValue: 'AMOUNT',
    }),
    'idempotency-key': idempotencyKeyFlag({
      summary: 'place the order only once, however often the command runs with this key',
    }),
  }

  async run(): Promise<PlacedOrderJson> {
    const {flags} = await this.parse(PlaceOrder)
    const {currency: shopCurrency, orderItems} = this.shopConfig()
    const {item, currency = shopCurrency, 'idempotency-key': idempotencyKey} = flags
    const expectedTotal = readExpectedTotal(flags['expected-total'], currency)
    requireValues({'--user': flags.user, '--item': item})
    const username = flags.user ?? (await askText('User'))

    return this.withDatabase(async (db) => {
      const {id: userId} = await findUser(db, username)
      const picked = item ? {items: await identifyItems(db, item)} : await pickFromStock(db, currency)
      const wanted = {userId, currency, ...picked, ...expectedTotal, ...(idempotencyKey && {idempotencyKey})}
      const operator = this.operator().name
      const {order, isReplay} = await placeOrder(db, newOrder({...wanted, operator, maxItems: orderItems}))
      const total = formatMoney(order.total, order.currency)
      this.log(isReplay ? `Order ${order.id} was already placed: ${total}` : `Placed order ${order.id}: ${total}`)
      return {...paidOrderRecordJson(await findPaidOrderRecord(db, order.id)), replayed: isReplay}
    })
  }
}

/** `replayed` if an earlier run with the same key placed the order. */
type PlacedOrderJson = PaidOrderRecordJson & {replayed: boolean}

/** An id is not looked up: an order refuses one that does not exist, with everything else that is wrong with it. */
async function identifyItems(db: Knex, references: ItemReference[]): Promise<OrderItem[]> {
  const items: OrderItem[] = []
  for (const {product, quantity} of references) {
    items.push({productId: product.id ?? (await identifyProduct(db, product)), quantity})
  }
  return items
}

function readExpectedTotal(text: string | undefined, currency: Currency): {expectedTotal?: number} {
  return text === undefined ? {} : {expectedTotal: readAmount(text, currency)}
}

/** More than anybody scrolls through. Typing narrows the list down. */
const maxChoices = 1000

async function pickFromStock(db: Knex, currency: Currency): ReturnType<typeof pickItems> {
  const {results} = await listProducts(db, {page: 1, pageSize: maxChoices, currency})
  return pickItems(results)
}
