import type {ShopErrorCode} from '../../errors.ts'

/** Refusals that HTTP itself gives, beside those of the services. */
type HttpErrorCode =
  | 'bad_request'
  | 'body_too_large'
  | 'internal_error'
  | 'invalid'
  | 'invalid_idempotency_key'
  | 'invalid_token'
  | 'method_not_allowed'
  | 'not_acceptable'
  | 'not_authenticated'
  | 'not_found'
  | 'parse_error'
  | 'unsupported_media_type'
  | 'user_inactive'

/** What only those who run the shop are refused. Over HTTP it would be a bug. */
type OperatorErrorCode =
  | 'invalid_configuration'
  | 'invalid_fixture'
  | 'invalid_pool'
  | 'invalid_price'
  | 'invalid_product'
  | 'invalid_user'
  | 'pool_name_taken'
  | 'schema_outdated'
  | 'too_little_stock'
  | 'too_much_stock'
  | 'unknown_pool'
  | 'unknown_user'
  | 'username_taken'

/** The `code` of a problem that a client can be answered. */
export type ProblemCode = HttpErrorCode | Exclude<ShopErrorCode, OperatorErrorCode>

export const statuses: Readonly<Record<ProblemCode, number>> = {
  bad_request: 400,
  body_too_large: 413,
  checkout_busy: 503,
  database_unavailable: 503,
  idempotency_key_reused: 422,
  internal_error: 500,
  invalid: 400,
  invalid_cursor: 400,
  invalid_idempotency_key: 400,
  invalid_order: 400,
  invalid_page: 404,
  invalid_token: 401,
  login_failed: 400,
  method_not_allowed: 405,
  not_acceptable: 406,
  not_authenticated: 401,
  not_found: 404,
  order_abandoned: 400,
  order_cancelled: 409,
  out_of_stock: 400,
  outcome_unknown: 503,
  parse_error: 400,
  stock_locked: 503,
  token_ended: 401,
  total_mismatch: 409,
  unknown_order: 404,
  unknown_product: 404,
  unsupported_media_type: 415,
  user_inactive: 401,
}

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(statuses, code)
}
