import type {AnyShopError, InstanceOf} from '../../error-types.ts'
import type * as httpErrors from './http-errors.ts'

/** The refusals that only operators meet, at the terminal. Over HTTP each of them would be a bug. */
type OperatorErrorCode =
  | 'database_not_empty'
  | 'database_read_only'
  | 'disk_full'
  | 'invalid_backup'
  | 'invalid_configuration'
  | 'invalid_fixture'
  | 'invalid_pool'
  | 'invalid_price'
  | 'invalid_product'
  | 'invalid_user'
  | 'newer_backup'
  | 'no_payment_provider'
  | 'payment_state'
  | 'permission_denied'
  | 'pool_name_taken'
  | 'provider_failed'
  | 'refund_too_large'
  | 'schema_newer'
  | 'schema_outdated'
  | 'shop_serving'
  | 'too_little_stock'
  | 'too_much_stock'
  | 'unknown_pool'
  | 'unknown_user'
  | 'user_deactivated'
  | 'username_taken'

/** Every error that HTTP answers with its own problem. */
export type ProblemError = Exclude<AnyShopError | InstanceOf<typeof httpErrors>, {code: OperatorErrorCode}>

/** The `code` of a problem. */
export type ProblemCode = ProblemError['code']

export type ErrorOf<Code extends ProblemCode> = Extract<ProblemError, {code: Code}>
