import {ShopError} from './shop-error.ts'

export class UnknownProductError extends ShopError {
  readonly code = 'unknown_product'
  readonly productId: number
  constructor(id: number) {
    super(`There is no product ${id}.`, {hint: 'To see product ids, run: shop list-products --all'})
    this.productId = id
  }
}

export type NamedProduct = {id: number; name: string}

/** No product has the name. */
export class UnknownProductNameError extends ShopError {
  readonly code = 'unknown_product_name'
  /** Products with similar names, the most similar first. */
  readonly suggestions: NamedProduct[]
  constructor(name: string, suggestions: NamedProduct[]) {
    const search = 'To search, run: shop list-products --all --search TEXT'
    super(`There is no product "${name}".`, {
      hint: suggestions.length === 0 ? search : `Did you mean ${listProducts(suggestions, 'or')}? ${search}`,
    })
    this.suggestions = suggestions
  }
}

/** Several products have the name. */
export class AmbiguousProductError extends ShopError {
  readonly code = 'ambiguous_product'
  /** The first of them. */
  readonly products: NamedProduct[]
  constructor(name: string, products: NamedProduct[]) {
    const shown = products.slice(0, 10)
    const list = shown.length < products.length ? `${listProducts(shown, ',')} and others` : listProducts(shown, 'and')
    super(`Several products are called "${name}": ${list}.`, {hint: 'Use the id of one of them.'})
    this.products = products
  }
}

/** `"Rice" (6), "rice" (7) or "Ríce" (8)` */
function listProducts(products: NamedProduct[], word: string): string {
  const texts = products.map(({id, name}) => `"${name}" (${id})`)
  if (word === ',' || texts.length === 1) return texts.join(', ')
  return `${texts.slice(0, -1).join(', ')} ${word} ${texts.at(-1) ?? ''}`
}

/** What refers to a product, so that it cannot be deleted. */
export type ProductUse = 'baskets' | 'orders' | 'stock movements'

export class ProductInUseError extends ShopError {
  readonly code = 'product_in_use'
  readonly uses: ProductUse[]
  constructor({id, name}: NamedProduct, uses: ProductUse[]) {
    super(
      `Product ${id}, ${name}, cannot be deleted: there are ${uses.join(', ').replace(/, ([^,]*)$/, ' and $1')} of it.`,
      {
        hint: `To stop selling it, run: shop update-product ${id} --disable`,
      },
    )
    this.uses = uses
  }
}

/** No price that is still to take effect meets the conditions. */
export class NoScheduledPriceError extends ShopError {
  readonly code = 'no_scheduled_price'
  constructor() {
    super('There is no such scheduled price. Prices that have taken effect cannot be cancelled.', {
      hint: 'To see the prices of a product, run: shop list-prices PRODUCT',
    })
  }
}

/** The name or the stock is not valid for a product. */
export class InvalidProductError extends ShopError {
  readonly code = 'invalid_product'
}

/** Another product has the SKU. */
export class SkuTakenError extends ShopError {
  readonly code = 'sku_taken'
  readonly sku: string
  constructor(sku: string, options?: ErrorOptions) {
    super(`Another product already has the SKU "${sku}".`, options)
    this.sku = sku
  }
}

/** The amount or the currency is not valid for a price. */
export class InvalidPriceError extends ShopError {
  readonly code = 'invalid_price'
}
