import {Errors} from '@oclif/core'

import {
  InvalidFixtureError,
  InvalidOrderError,
  InvalidPageError,
  OutOfStockError,
  ShopError,
  TooLittleStockError,
  TooMuchStockError,
  UnknownPoolError,
  TotalMismatchError,
} from '../../errors.ts'
import {totalMismatchJson} from '../../json/refusal.ts'
import {printable} from './format.ts'

export type ErrorJson = {error: {code: string; message: string; [detail: string]: unknown}}

/** What a refusal says to a person at a terminal. */
export function describeRefusal(error: ShopError): string {
  return [...error.message.split('\n'), ...details(error)].map(printable).join('\n')
}

function details(error: ShopError): string[] {
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
  if (error instanceof ShopError) return {error: {code: error.code, message, ...detailsJson(error)}}
  return {error: {code: error instanceof Errors.CLIError ? 'wrong_usage' : 'unexpected_error', message}}
}

function detailsJson(error: ShopError): Record<string, unknown> {
  if (error instanceof OutOfStockError) {
    const shortages = error.shortages.map(({productId, ...numbers}) => ({product_id: productId, ...numbers}))
    return {shortages}
  }
  if (error instanceof InvalidOrderError) return {problems: error.problems}
  if (error instanceof InvalidFixtureError) return {problems: error.problems, problem_count: error.count}
  if (error instanceof InvalidPageError) return {page_count: error.pageCount}
  if (error instanceof TooLittleStockError || error instanceof TooMuchStockError) {
    const {productId, pool, onHand, reserved} = error.stock
    return {stock: {product_id: productId, pool, on_hand: onHand, reserved}}
  }
  if (error instanceof UnknownPoolError) return {pools: error.pools}
  if (error instanceof TotalMismatchError) return totalMismatchJson(error.mismatch)
  return {}
}
