import type {PipelinedTransaction} from '../../db/pipeline/run-pipelined.ts'
import {prepare} from '../../db/pipeline/prepared.ts'
import {InvalidOrderError, type OrderProblem, QuantityLimitError} from '../../errors.ts'
import type {Currency} from '../../money.ts'
import {productsOf} from '../baskets/read-locked.ts'
import {priceAt} from '../products/prices.ts'
import type {OrderItem} from './new-order.ts'

/** A product with its current price in a currency; null if it has no price in it. */
export type Offer = {
  productId: number
  currency: Currency
  name: string
  enabled: boolean
  /** The most units of an order; null if there is no limit. */
  maxPerOrder: number | null
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
const offersOf = (currencies: string, productIds: string): string =>
  `select products.id as "productId", currencies.currency, products.name, products.enabled,
          products.max_per_order as "maxPerOrder", price.amount as price, statement_timestamp() as "readAt"
   from products
   cross join unnest(${currencies}) as currencies (currency)
   left join lateral (${priceAt('products.id', 'currencies.currency', 'statement_timestamp()')}) as price on true
   where products.id = any (${productIds})`

const readOffersStatement = prepare('read_offers', offersOf('?::text[]', '?::bigint[]'))

const readWithBasketsStatement = prepare(
  'read_offers_of_baskets',
  offersOf(
    `array(
       select unnest(?::text[])
       union
       select currency from baskets where user_id = any (?::bigint[]) and status <> 'ordered'
     )`,
    `array(${productsOf('?::bigint[]', '?::bigint[]')})`,
  ),
)

export async function readOffers(
  trx: PipelinedTransaction,
  productIds: number[],
  currencies: Currency[],
): Promise<Offer[]> {
  return trx.send<Offer>(readOffersStatement, [currencies, productIds])
}

/** The offers of some products, and of those in the baskets of `wholeUserIds`, in the currencies of the baskets as well. */
export async function readOffersWithBaskets(
  trx: PipelinedTransaction,
  {productIds, userIds, wholeUserIds}: {productIds: number[]; userIds: number[]; wholeUserIds: number[]},
  currencies: Currency[],
): Promise<Offer[]> {
  return trx.send<Offer>(readWithBasketsStatement, [currencies, userIds, productIds, wholeUserIds])
}

export class Offers {
  readonly #byKey: Map<string, Offer>
  /** The time of an order at these prices. One statement read all of them. */
  readonly readAt: string

  constructor(offers: Offer[]) {
    this.readAt = offers[0]?.readAt ?? ''
    this.#byKey = new Map(offers.map((offer) => [`${offer.productId} ${offer.currency}`, offer]))
  }

  get(productId: number, currency: Currency): Offer | undefined {
    return this.#byKey.get(`${productId} ${currency}`)
  }

  /** The offer of a product that can be ordered in the currency; undefined for any other product. */
  find(productId: number, currency: Currency): (Offer & {price: number}) | undefined {
    const offer = this.get(productId, currency)
    const price = offer?.price ?? null
    return offer?.enabled && price !== null ? {...offer, price} : undefined
  }

  /** Throws InvalidOrderError if a product is not for sale in the currency, and QuantityLimitError. */
  price(items: OrderItem[], currency: Currency): OrderLine[] {
    const problems: OrderProblem[] = []
    const lines = items.flatMap((item, position): OrderLine[] => {
      const offer = this.get(item.productId, currency)
      const refusal = refuse(offer, item.productId, currency)
      if (refusal !== undefined) problems.push({position, field: 'product_id', message: refusal})
      return offer?.price == null ? [] : [{...item, productName: offer.name, unitPrice: offer.price}]
    })
    if (problems.length > 0) throw new InvalidOrderError(problems)
    for (const item of items) requireQuantity(item, this.get(item.productId, currency))
    return lines
  }
}

/** Throws QuantityLimitError. */
export function requireQuantity({productId, quantity}: OrderItem, offer: Offer | undefined): void {
  const max = offer?.maxPerOrder ?? null
  if (max !== null && quantity > max) throw new QuantityLimitError({productId, max})
}

function refuse(offer: Offer | undefined, productId: number, currency: Currency): string | undefined {
  if (!offer) return `Product ${productId} does not exist.`
  if (!offer.enabled) return `Product ${productId} is not for sale.`
  if (offer.price === null) return `Product ${productId} has no price in ${currency}.`
  return undefined
}
