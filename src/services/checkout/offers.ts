import type {PipelinedTransaction} from '../../db/pipeline/run-pipelined.ts'
import {prepare} from '../../db/pipeline/prepared.ts'
import {InvalidOrderError, type OrderProblem, TotalMismatchError} from '../../errors.ts'
import type {Currency} from '../../money.ts'
import {priceAt} from '../products/prices.ts'
import type {NewOrder, OrderItem} from './new-order.ts'

/** A product with its current price in a currency; null if it has no price in it. */
export type Offer = {
  productId: number
  currency: Currency
  name: string
  enabled: boolean
  price: number | null
  /** When the price was read. */
  readAt: string
}

export type OrderLine = OrderItem & {
  productName: string
  /** In minor units. */
  unitPrice: number
}

/** Statement time, not the transaction's: a price may have changed while this waited for the stock lock. */
const readOffersStatement = prepare(
  'read_offers',
  `select products.id as "productId", currencies.currency, products.name, products.enabled, price.amount as price,
          statement_timestamp() as "readAt"
   from products
   cross join unnest(?::text[]) as currencies (currency)
   left join lateral (${priceAt('products.id', 'currencies.currency', 'statement_timestamp()')}) as price on true
   where products.id = any (?::bigint[])`,
)

export async function readOffers(
  trx: PipelinedTransaction,
  productIds: number[],
  currencies: Currency[],
): Promise<Offer[]> {
  return trx.send<Offer>(readOffersStatement, [currencies, productIds])
}

export class Offers {
  readonly #byKey: Map<string, Offer>
  /** The time of an order at these prices. One statement read all of them. */
  readonly readAt: string

  constructor(offers: Offer[]) {
    this.readAt = offers[0]?.readAt ?? ''
    this.#byKey = new Map(offers.map((offer) => [`${offer.productId} ${offer.currency}`, offer]))
  }

  /** Throws InvalidOrderError if a product is not for sale in the currency. */
  price(items: OrderItem[], currency: Currency): OrderLine[] {
    const problems: OrderProblem[] = []
    const lines = items.flatMap((item, position): OrderLine[] => {
      const offer = this.#byKey.get(`${item.productId} ${currency}`)
      const refusal = refuse(offer, item.productId, currency)
      if (refusal !== undefined) problems.push({position, field: 'product_id', message: refusal})
      return offer?.price == null ? [] : [{...item, productName: offer.name, unitPrice: offer.price}]
    })
    if (problems.length > 0) throw new InvalidOrderError(problems)
    return lines
  }
}

/** Throws InvalidOrderError if the total is not a safe integer. */
export function sumLines(lines: OrderLine[]): number {
  const total = lines.reduce((sum, {unitPrice, quantity}) => sum + unitPrice * quantity, 0)
  if (!Number.isSafeInteger(total)) throw new InvalidOrderError([{message: 'The total of the order is too large.'}])
  return total
}

/** Throws TotalMismatchError if the buyer expected another total. */
export function requireExpectedTotal({expectedTotal, currency}: NewOrder, total: number): void {
  if (expectedTotal !== undefined && expectedTotal !== total) {
    throw new TotalMismatchError({expectedTotal, total, currency})
  }
}

function refuse(offer: Offer | undefined, productId: number, currency: Currency): string | undefined {
  if (!offer) return `Product ${productId} does not exist.`
  if (!offer.enabled) return `Product ${productId} is not for sale.`
  if (offer.price === null) return `Product ${productId} has no price in ${currency}.`
  return undefined
}
