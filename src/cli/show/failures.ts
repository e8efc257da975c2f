import {Errors} from '@oclif/core'

import type {AnyShopError, DataOf} from '../../error-types.ts'
import {InvalidPageError, OutOfStockError, ShopError} from '../../errors.ts'
import {quantityLimitJson, shortageJson, totalMismatchJson} from '../../json/refusal.ts'
import {Declined} from '../ask/prompts.ts'
import {printable} from './format.ts'

export type ErrorJson = {error: {code: string; message: string; hint?: string; [detail: string]: unknown}}

/** Formats a refusal for a terminal: the message, its details, and the hint on a separate line. */
export function describeRefusal(error: ShopError): string {
  const hint = error.hint === undefined ? [] : [error.hint]
  return [...error.message.split('\n'), ...detailLines(error), ...hint].map(printable).join('\n')
}

function detailLines(error: ShopError): string[] {
  if (error instanceof OutOfStockError) {
    return error.shortages.map(
      ({productId, requested, available}) => `  product ${productId}: ${requested} requested, ${available} available`,
    )
  }
  if (error instanceof InvalidPageError && error.pageCount !== undefined) {
    return [error.pageCount === 1 ? 'There is one page.' : `There are ${error.pageCount} pages.`]
  }
  return []
}

export function errorJson(error: unknown): ErrorJson {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof Declined) return {error: {code: 'declined', message}}
  if (!(error instanceof ShopError)) {
    return {error: {code: error instanceof Errors.CLIError ? 'wrong_usage' : 'unexpected_error', message}}
  }
  const {code, hint} = error
  return {error: {code, message, ...(hint !== undefined && {hint}), ...detailsJson(error as AnyShopError)}}
}

type ErrorWithoutData<AnyError = AnyShopError> = AnyError extends unknown
  ? DataOf<AnyError> extends never
    ? AnyError
    : never
  : never

function detailsJson(error: AnyShopError): Record<string, unknown> {
  switch (error.code) {
    case 'ambiguous_product':
      return {products: error.products}
    case 'duplicate_refund': {
      const {id, state, createdAt} = error.refund
      return {refund: {id, state, created_at: createdAt}}
    }
    case 'invalid_fixture':
    case 'invalid_update':
      return {problems: error.problems, problem_count: error.count}
    case 'invalid_order':
      return {problems: error.problems}
    case 'invalid_page':
      return {page_count: error.pageCount}
    case 'large_stock_change': {
      const {productId, pool, before, after} = error.change
      return {change: {product_id: productId, pool, before, after}}
    }
    case 'out_of_stock':
      return {shortages: error.shortages.map(shortageJson)}
    case 'payment_declined':
      return {decline_code: error.declineCode}
    case 'product_in_use':
      return {uses: error.uses}
    case 'quantity_limit':
      return quantityLimitJson(error.limit)
    case 'sku_taken':
      return {sku: error.sku}
    case 'too_little_stock':
    case 'too_much_stock': {
      const {productId, pool, onHand, reserved} = error.stock
      return {stock: {product_id: productId, pool, on_hand: onHand, reserved}}
    }
    case 'total_mismatch':
      return totalMismatchJson(error.mismatch)
    case 'unknown_product':
      return {product_id: error.productId}
    case 'unknown_product_name':
      return {suggestions: error.suggestions}
    case 'unknown_pool':
      return {pools: error.pools}
    default:
      // The compiler refuses this line once an error carries data that no case above prints.
      error satisfies ErrorWithoutData
      return {}
  }
}
