import {ShopError} from './shop-error.ts'

export class UnknownProductError extends ShopError {
  readonly code = 'unknown_product'
  readonly productId: number
  constructor(id: number) {
    super(`There is no product ${id}.`, {hint: 'To see product ids, run: shop list-products'})
    this.productId = id
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
