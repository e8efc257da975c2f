import {randomUUID} from 'node:crypto'

import type {ErrorRequestHandler} from 'express'

import {isConnectionError} from '../../db/errors.ts'
import {
  InvalidOrderError,
  OutOfStockError,
  type OrderProblem,
  ShopError,
  UnknownOrderError,
  UnknownProductError,
  TotalMismatchError,
} from '../../errors.ts'
import {shortageJson, totalMismatchJson} from '../../json/refusal.ts'
import type {Log} from '../log.ts'
import {isProblemCode} from './problem-codes.ts'
import {type Extensions, HttpProblem, sendProblem} from './problem.ts'

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
  if (error instanceof ShopError && isProblemCode(error.code)) {
    return new HttpProblem(error.code, detailOf(error), {extensions: extensionsOf(error)})
  }
  if (isConnectionError(error)) {
    return new HttpProblem('database_unavailable', 'The shop cannot reach its database. Try again in a moment.')
  }
  return fromBodyParser(error)
}

/** A client hears nothing of the operators' commands. */
function detailOf(error: ShopError): string {
  return error instanceof UnknownOrderError || error instanceof UnknownProductError ? 'Not found.' : error.message
}

function internalError(): HttpProblem {
  const id = randomUUID()
  return new HttpProblem('internal_error', 'The shop failed. Its operators find the cause in the log, by this id.', {
    extensions: {id},
  })
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
  if (status === 413) return new HttpProblem('body_too_large', 'The body is larger than 1 MB. Send less at once.')
  if (status === 415) return new HttpProblem('unsupported_media_type', message)
  return status >= 400 && status < 500 ? new HttpProblem('bad_request', message) : undefined
}
