import {z} from 'zod'

import {
  AbandonedOrderError,
  BasketChangedError,
  BasketFullError,
  BasketLockedError,
  CheckoutBusyError,
  DatabaseUnavailableError,
  HoldLimitError,
  IdempotencyKeyReusedError,
  InvalidCursorError,
  InvalidOrderError,
  InvalidPageError,
  LoginAbandonedError,
  LoginBusyError,
  LoginFailedError,
  LoginLimitedError,
  OrderCancelledError,
  type OrderProblem,
  OutcomeUnknownError,
  OutOfStockError,
  PaymentDeclinedError,
  PaymentLimitError,
  PaymentMethodLimitError,
  PaymentPendingError,
  PaymentRequiredError,
  PaymentSetupIncompleteError,
  PaymentUnavailableError,
  QuantityLimitError,
  SchemaOutdatedError,
  StockLockedError,
  TokenEndedError,
  TotalMismatchError,
  UnknownBasketError,
  UnknownOrderError,
  UnknownPaymentError,
  UnknownPaymentMethodError,
  UnknownPaymentSetupError,
  UnknownProductError,
  UnpayableError,
  WrongPasswordError,
} from '../../errors.ts'
import type {DataOf} from '../../error-types.ts'
import {quantityLimitJson, shortageJson, totalMismatchJson} from '../../json/refusal.ts'
import {callsPerMinute} from '../../services/payments/call-limit.ts'
import {mostMethods} from '../../services/payments/methods.ts'
import {QuantityLimit, Shortage, TotalMismatch} from '../../json/schemas.ts'
import {
  BodyTooLargeError,
  CardNumberError,
  type FieldErrors,
  InactiveUserError,
  InternalError,
  HeadersTooLargeError,
  InvalidHostError,
  InvalidIdempotencyKeyError,
  InvalidInputError,
  InvalidTokenError,
  InvalidWebhookError,
  MethodNotAllowedError,
  NotAcceptableError,
  NotAuthenticatedError,
  NotFoundError,
  RequestTimeoutError,
  TooManyConnectionsError,
  ParseError,
  ShuttingDownError,
  UnsupportedMediaTypeError,
} from './http-errors.ts'
import type {ErrorOf, ProblemCode} from './problem-error.ts'

/** How HTTP answers the errors of one code. Their texts are in the error classes. */
export type Problem<ProblemError> = {
  status: number
  /** For the API description. */
  when: string
  /** The `detail` for clients, if they are not to see the error's own message. */
  detail?: string
  members?: Members<ProblemError> | 'none'
  /** The API description shows the answer to this error. */
  example: ProblemError
}

/** The extension members of a problem: their schema, and how to get them from the error. */
type Members<ProblemError> = {
  schema: z.ZodObject
  // A method, not a function property, so that TypeScript lets the caller pass an error found by its code.
  read(error: ProblemError): Record<string, unknown>
}

function members<ProblemError, Schema extends z.ZodObject>(
  schema: Schema,
  read: (error: ProblemError) => z.output<Schema>,
): Members<ProblemError> {
  return {schema, read}
}

const messages = z.array(z.string())

const FieldErrors: z.ZodType<FieldErrors> = z
  .lazy(() => z.union([messages, z.array(FieldErrors), z.record(z.string(), FieldErrors)]))
  .meta({
    id: 'FieldErrors',
    description:
      'Messages about a value, as a list; about items of a list, by position; or about members of an object, by key.',
  })

const OrderErrors = z.object({
  items: z
    .array(z.partialRecord(z.enum(['product_id', 'quantity']), messages))
    .optional()
    .meta({description: 'The errors of each item, by its position. An item without errors has an empty object.'}),
  non_field_errors: messages.optional().meta({description: 'The errors of the order as a whole.'}),
})

const UnknownProduct = z.object({
  product_id: z.int().optional().meta({
    description: 'The product, or the first one that is unknown. Missing if the id is beyond the safe integers.',
  }),
})

/** An entry must say what becomes of the data that its error carries. */
type Entry<ProblemError> = Problem<ProblemError> &
  (DataOf<ProblemError> extends never ? unknown : Pick<Required<Problem<ProblemError>>, 'members'>)

/** Every refusal over HTTP: the compiler asks for an entry for each error class. */
export const problems: {readonly [Code in ProblemCode]: Entry<ErrorOf<Code>>} = {
  bad_request: {
    status: 400,
    when: 'The request is not valid HTTP.',
    example: new InvalidHostError(),
  },
  basket_changed: {
    status: 412,
    when: 'The basket has another version than If-Match names. Nothing was changed.',
    example: new BasketChangedError(),
  },
  basket_full: {
    status: 400,
    when: 'The basket would have too many products. Nothing was changed.',
    example: new BasketFullError(100),
  },
  basket_locked: {
    status: 409,
    when: 'The basket is being paid and cannot be changed.',
    example: new BasketLockedError(),
  },
  body_too_large: {
    status: 413,
    when: 'The body is larger than 1 MB, or one with a password than 8 kB, before or after decompression.',
    example: new BodyTooLargeError(),
  },
  card_number: {
    status: 400,
    when: 'The body contains what looks like a card number, which must be given to the payment provider only.',
    example: new CardNumberError(),
  },
  checkout_busy: {
    status: 503,
    when: 'Too many orders and changes of baskets are waiting. Nothing was ordered or changed.',
    example: new CheckoutBusyError(),
  },
  database_unavailable: {
    status: 503,
    when: 'The database is away, or cannot serve the request at the moment.',
    detail: 'The shop cannot use its database at the moment. Try again later.',
    example: new DatabaseUnavailableError('connect ECONNREFUSED'),
  },
  hold_limit: {
    status: 429,
    when:
      'The user asked for stock to be held too often in this minute, or every hold lasts as long as it may. `Retry-After` ' +
      'says when the next minute begins, or the first hold expires, so that its units can be held again if they are free.',
    example: new HoldLimitError('A user may ask for stock to be held 120 times in a minute.', 60),
  },
  idempotency_key_reused: {
    status: 422,
    when: 'The Idempotency-Key was already used for a different order, or a different addition to a basket.',
    example: new IdempotencyKeyReusedError(),
  },
  headers_too_large: {
    status: 431,
    when: 'The headers are larger than 16 kB.',
    example: new HeadersTooLargeError(),
  },
  internal_error: {
    status: 500,
    when: 'An unexpected error occurred.',
    example: new InternalError(),
  },
  invalid: {
    status: 400,
    when: 'A field of the body, or a parameter, is missing or not valid. A member with its name lists the errors.',
    members: members(z.object().catchall(FieldErrors), ({errors}) => errors),
    example: new InvalidInputError({items: [{quantity: ['A valid integer is required.']}]}),
  },
  invalid_cursor: {
    status: 400,
    when: 'The shop did not issue this cursor, or issued it for another list.',
    members: members(z.object({cursor: messages}), ({message}) => ({cursor: [message]})),
    example: new InvalidCursorError(),
  },
  invalid_idempotency_key: {
    status: 400,
    when: 'The Idempotency-Key is empty or too long.',
    example: new InvalidIdempotencyKeyError(),
  },
  invalid_order: {
    status: 400,
    when:
      'The order, or the addition to a basket, has an unknown product, a quantity below 1, the same product twice, or no ' +
      'items; or the basket is empty, or has a product without a price in the currency.',
    members: members(OrderErrors, ({problems: found}) => readOrderErrors(found)),
    example: new InvalidOrderError([{position: 0, field: 'product_id', message: 'Product 999 does not exist.'}]),
  },
  invalid_page: {
    status: 404,
    when: 'The list has no such page.',
    members: 'none',
    example: new InvalidPageError(),
  },
  invalid_signature: {
    status: 400,
    when: 'The payment provider did not sign the body, or did so too long ago.',
    example: new InvalidWebhookError(),
  },
  invalid_token: {
    status: 401,
    when: 'The token is unknown, expired or malformed.',
    example: new InvalidTokenError(),
  },
  login_abandoned: {
    status: 400,
    when: 'The client disconnected before its password was checked, so only the log has this answer.',
    example: new LoginAbandonedError(),
  },
  login_busy: {
    status: 503,
    when: 'Too many logins are waiting for their passwords to be checked.',
    example: new LoginBusyError(),
  },
  login_failed: {
    status: 400,
    when: 'The user is unknown or inactive, or the password is wrong. The answer does not say which.',
    members: members(z.object({non_field_errors: messages}), ({message}) => ({non_field_errors: [message]})),
    example: new LoginFailedError(),
  },
  login_limited: {
    status: 429,
    when:
      'Too many logins failed in the last hour: of the account, or from the address of the client. The password was not ' +
      'checked. The answer does not say which, nor whether the user exists. `Retry-After` says when the next login may be tried.',
    example: new LoginLimitedError(3540),
  },
  method_not_allowed: {
    status: 405,
    when: 'The path does not support this method.',
    example: new MethodNotAllowedError('DELETE', 'GET, HEAD, OPTIONS'),
  },
  not_acceptable: {
    status: 406,
    when: 'The Accept header allows neither JSON nor HTML.',
    example: new NotAcceptableError(),
  },
  not_authenticated: {
    status: 401,
    when: 'The request has no token.',
    example: new NotAuthenticatedError(),
  },
  not_found: {
    status: 404,
    when: 'The path does not exist. Ids consist of digits only.',
    example: new NotFoundError(),
  },
  order_abandoned: {
    status: 400,
    when:
      'The client disconnected before its order, or its change of a basket, was decided, so only the log has this answer. ' +
      'Nothing was ordered or changed.',
    example: new AbandonedOrderError(),
  },
  order_cancelled: {
    status: 409,
    when: 'The order is already cancelled.',
    example: new OrderCancelledError(1),
  },
  out_of_stock: {
    status: 400,
    when: 'The order, or the basket, asks for more than is in stock. Nothing was ordered or changed.',
    members: members(z.object({message: z.string(), shortages: z.array(Shortage)}), ({message, shortages}) => ({
      message,
      shortages: shortages.map(shortageJson),
    })),
    example: new OutOfStockError([{productId: 6, requested: 1_000_000, available: 500}]),
  },
  outcome_unknown: {
    status: 503,
    when:
      'The shop lost its database connection while it committed the order, its cancellation, or the change of a basket. Repeat ' +
      'the request with the same Idempotency-Key, or read the order or the basket.',
    example: new OutcomeUnknownError(),
  },
  parse_error: {
    status: 400,
    when:
      'The body does not match its Content-Type; or it is nested more than 100 levels deep, has more than 1000 different ' +
      'keys, 70,000 commas or 70,000 lists and objects, or as a form more than 1000 fields.',
    example: new ParseError(
      'JSON parse error - Expecting property name enclosed in double quotes: line 1 column 2 (char 1)',
    ),
  },
  payment_declined: {
    status: 402,
    when: 'The payment was declined. Nothing was ordered, and the basket holds its items as before.',
    members: members(z.object({decline_code: z.string()}), ({declineCode}) => ({decline_code: declineCode})),
    example: new PaymentDeclinedError('insufficient_funds'),
  },
  payment_limit: {
    status: 429,
    when: 'The user asked the payment provider too often in this minute. `Retry-After` says when the next minute begins.',
    example: new PaymentLimitError(callsPerMinute, 60),
  },
  payment_method_limit: {
    status: 409,
    when: 'The user has as many payment methods as one may have.',
    example: new PaymentMethodLimitError(mostMethods),
  },
  payment_pending: {
    status: 409,
    when: 'The payment of the order is not settled. The order is cancelled as soon as the payment provider has answered.',
    example: new PaymentPendingError(1, 'processing'),
  },
  payment_required: {
    status: 402,
    when: 'The order must be paid, and the request names no payment method. Nothing was ordered.',
    example: new PaymentRequiredError(),
  },
  payment_setup_incomplete: {
    status: 409,
    when: 'The user has not finished the setup of the payment method with the payment provider.',
    example: new PaymentSetupIncompleteError(),
  },
  payment_unavailable: {
    status: 503,
    when: 'The payment provider cannot be reached. Nothing was ordered or stored.',
    example: new PaymentUnavailableError(),
  },
  quantity_limit: {
    status: 422,
    when: 'The order, or the basket, asks for more of a product than one order may have. Nothing was changed.',
    members: members(QuantityLimit, ({limit}) => quantityLimitJson(limit)),
    example: new QuantityLimitError({productId: 6, max: 4}),
  },
  request_timeout: {
    status: 408,
    when: 'The headers or the body did not arrive in time.',
    example: new RequestTimeoutError(),
  },
  schema_outdated: {
    status: 503,
    when: 'The database lacks migrations of this version of the shop.',
    example: new SchemaOutdatedError(),
  },
  shutting_down: {
    status: 503,
    when: 'The server is shutting down. It still serves other requests for a while.',
    example: new ShuttingDownError(),
  },
  stock_locked: {
    status: 503,
    when: 'Another session has locked one of the products. Nothing was ordered or changed.',
    example: new StockLockedError(),
  },
  token_ended: {
    status: 401,
    when: 'The token expired or was revoked, or its user was deactivated, while the request waited.',
    example: new TokenEndedError(),
  },
  total_mismatch: {
    status: 409,
    when: 'The total of the order differs from its expected_total. Nothing was ordered.',
    members: members(TotalMismatch, ({mismatch}) => totalMismatchJson(mismatch)),
    example: new TotalMismatchError({expectedTotal: 100, total: 425, currency: 'USD'}),
  },
  unknown_basket: {
    status: 404,
    when: 'The basket does not exist, or it belongs to another user.',
    detail: 'Not found.',
    example: new UnknownBasketError(1),
  },
  unknown_order: {
    status: 404,
    when: 'The order does not exist, or it belongs to another user.',
    detail: 'Not found.',
    example: new UnknownOrderError(1),
  },
  unknown_payment: {
    status: 404,
    when: 'The order has no payment.',
    example: new UnknownPaymentError(1),
  },
  unknown_payment_method: {
    status: 404,
    when: 'The payment method does not exist, or it belongs to another user. Nothing was ordered or changed.',
    example: new UnknownPaymentMethodError(1),
  },
  unknown_payment_setup: {
    status: 404,
    when: 'The setup of a payment method does not exist, it belongs to another user, or its method was removed.',
    example: new UnknownPaymentSetupError(),
  },
  unknown_product: {
    status: 404,
    when: 'The product does not exist, or it cannot be ordered.',
    detail: 'Not found.',
    members: members(UnknownProduct, ({productId}) => (Number.isSafeInteger(productId) ? {product_id: productId} : {})),
    example: new UnknownProductError(999),
  },
  unpayable: {
    status: 400,
    when: 'The payment provider cannot charge the total of the order. Nothing was ordered.',
    example: new UnpayableError({amount: 10, currency: 'USD'}, {kind: 'too_small', least: 50}),
  },
  too_many_connections: {
    status: 503,
    when: 'The server has too many connections.',
    example: new TooManyConnectionsError(),
  },
  unsupported_media_type: {
    status: 415,
    when: 'The body is neither JSON nor a form, or its charset or encoding is not supported.',
    example: new UnsupportedMediaTypeError('Unsupported media type "text/plain" in request.'),
  },
  user_inactive: {
    status: 401,
    when: 'The user that the token belongs to is not active.',
    example: new InactiveUserError(),
  },
  wrong_password: {
    status: 400,
    when: 'The current password is wrong. Nothing was changed.',
    members: members(z.object({current_password: messages}), ({message}) => ({current_password: [message]})),
    example: new WrongPasswordError(),
  },
}

function readOrderErrors(found: OrderProblem[]): z.output<typeof OrderErrors> {
  const ofOrder = found.filter(({position}) => position === undefined)
  if (ofOrder.length > 0) return {non_field_errors: ofOrder.map(({message}) => message)}

  const items: Record<string, string[]>[] = []
  for (const {position = 0, field = 'product_id', message} of found) {
    while (items.length <= position) items.push({})
    items[position] = {...items[position], [field]: [message]}
  }
  return {items}
}
