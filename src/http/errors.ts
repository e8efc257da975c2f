import {randomUUID} from 'node:crypto'

import type {ErrorRequestHandler} from 'express'

import {isConnectionError} from '../db/errors.ts'
import {
  InvalidOrderError,
  OutOfStockError,
  type OrderProblem,
  ShopError,
  type ShopErrorCode,
  type Shortage,
  UnknownOrderError,
  UnknownProductError,
} from '../errors.ts'
import {totalMismatchJson} from '../json.ts'
import {TotalMismatchError} from '../product-errors.ts'
import type {Log} from './log.ts'
import {type Extensions, HttpProblem, sendProblem} from './problem.ts'

const statuses: Record<ShopErrorCode, number> = {
  checkout_busy: 503,
  database_unavailable: 503,
  idempotency_key_reused: 422,
  invalid_configuration: 500,
  invalid_cursor: 400,
  invalid_fixture: 400,
  invalid_order: 400,
  invalid_page: 404,
  invalid_pool: 400,
  invalid_price: 400,
  invalid_product: 400,
  invalid_user: 400,
  login_failed: 400,
  order_abandoned: 400,
  order_cancelled: 409,
  out_of_stock: 400,
  outcome_unknown: 503,
  pool_name_taken: 409,
  schema_outdated: 500,
  token_ended: 401,
  too_little_stock: 409,
  too_much_stock: 409,
  total_mismatch: 409,
  unknown_order: 404,
  unknown_pool: 404,
  unknown_product: 404,
  unknown_user: 404,
  username_taken: 409,
}

const retryLater = {'retry-after': '5'}

function headersOf(status: number): Record<string, string> {
  if (status === 401) return {'www-authenticate': 'Token'}
  return status === 503 ? retryLater : {}
}

/** Every failure ends here: as a problem that the client caused, or as a 500 that says only under which id it is logged. */
export function handleErrors(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error)
      return
    }
    const problem = toProblem(error) ?? internalError()
    if (problem.status >= 500) log.error({err: error, id: problem.extensions.id, url: request.originalUrl}, 'failed')
    sendProblem(response, problem)
  }
}

function toProblem(error: unknown): HttpProblem | undefined {
  if (error instanceof HttpProblem) return error
  if (error instanceof ShopError && statuses[error.code] !== 500) {
    const status = statuses[error.code]
    return new HttpProblem(status, error.code, detailOf(error), {
      extensions: extensionsOf(error),
      headers: headersOf(status),
    })
  }
  if (isConnectionError(error)) {
    return new HttpProblem(503, 'database_unavailable', 'The shop cannot reach its database. Try again in a moment.', {
      headers: retryLater,
    })
  }
  return fromBodyParser(error)
}

/** A client hears nothing of the operators' commands. */
function detailOf(error: ShopError): string {
  return error instanceof UnknownOrderError || error instanceof UnknownProductError ? 'Not found.' : error.message
}

function internalError(): HttpProblem {
  const id = randomUUID()
  return new HttpProblem(
    500,
    'internal_error',
    'The shop failed. Its operators find the cause in the log, by this id.',
    {
      extensions: {id},
    },
  )
}

/** The keys under which the clients of the shop before this one look for the same failures. */
function extensionsOf(error: ShopError): Extensions {
  if (error instanceof InvalidOrderError) return orderErrors(error.problems)
  if (error instanceof OutOfStockError) return {message: error.message, shortages: error.shortages.map(shortageJson)}
  if (error instanceof TotalMismatchError) return totalMismatchJson(error.mismatch)
  if (error.code === 'invalid_cursor') return {cursor: [error.message]}
  if (error.code === 'login_failed') return {non_field_errors: [error.message]}
  return {}
}

function shortageJson({productId, requested, available}: Shortage): Record<string, number> {
  return {product_id: productId, requested, available}
}

function orderErrors(problems: OrderProblem[]): Extensions {
  const ofOrder = problems.filter(({position}) => position === undefined)
  if (ofOrder.length > 0) return {non_field_errors: ofOrder.map(({message}) => message)}

  const items: Record<string, string[]>[] = []
  for (const {position = 0, field = 'product_id', message} of problems) {
    while (items.length <= position) items.push({})
    items[position] = {...items[position], [field]: [message]}
  }
  return {items}
}

/** Express and its body reader give their errors a status and, where the text is fit for the client, `expose`. */
function fromBodyParser(error: unknown): HttpProblem | undefined {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return undefined
  const {status, message} = error
  if (status === 413) return new HttpProblem(413, 'body_too_large', 'The body is larger than 1 MB. Send less at once.')
  if (status === 415) return new HttpProblem(415, 'unsupported_media_type', message)
  return status >= 400 && status < 500 ? new HttpProblem(status, 'bad_request', message) : undefined
}
