import type {AnyShopError, InstanceOf} from '../../error-types.ts'
import type * as httpErrors from './http-errors.ts'

/** The refusals that only operators meet, at the terminal. Over HTTP each of them would be a bug. */
type OperatorErrorCode =
  | 'ambiguous_product'
  | 'database_not_empty'
  | 'database_read_only'
  | 'default_pool'
  | 'disk_full'
  | 'duplicate_refund'
  | 'invalid_backup'
  | 'invalid_configuration'
  | 'invalid_fixture'
  | 'invalid_pool'
  | 'invalid_price'
  | 'invalid_product'
  | 'invalid_update'
  | 'long_report'
  | 'invalid_user'
  | 'large_stock_change'
  | 'newer_backup'
  | 'no_audit_point'
  | 'no_payment_provider'
  | 'no_scheduled_price'
  | 'payment_state'
  | 'permission_denied'
  | 'pool_in_use'
  | 'pool_name_taken'
  | 'product_in_use'
  | 'provider_failed'
  | 'refund_too_large'
  | 'schema_newer'
  | 'shop_serving'
  | 'sku_taken'
  | 'too_little_stock'
  | 'too_much_stock'
  | 'unknown_pool'
  | 'unknown_product_name'
  | 'unknown_token'
  | 'unknown_user'
  | 'user_deactivated'
  | 'user_state'
  | 'username_taken'

/** Every error that HTTP answers with its own problem. */
export type ProblemError = Exclude<AnyShopError | InstanceOf<typeof httpErrors>, {code: OperatorErrorCode}>

/** The `code` of a problem. */
export type ProblemCode = ProblemError['code']

export type ErrorOf<Code extends ProblemCode> = Extract<ProblemError, {code: Code}>
