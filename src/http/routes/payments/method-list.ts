import type {Request, Response} from 'express'
import type {Knex} from 'knex'

import {UnknownPaymentMethodError} from '../../../errors.ts'
import {paymentMethodJson, type PaymentMethodJson} from '../../../json/payment.ts'
import {PaymentMethods} from '../../../json/schemas.ts'
import {listMethods} from '../../../services/payments/methods.ts'
import type {PaymentContext} from '../../context.ts'
import type {SuccessAnswer} from '../../openapi/operation.ts'
import {noStoreHeaders, readId} from '../parameters.ts'

export const exampleMethod: PaymentMethodJson = {
  id: 1,
  brand: 'visa',
  last4: '4242',
  expiry: {month: 12, year: 2040},
  is_default: true,
  created_at: '2026-11-24T10:58:03.112840Z',
}

/** The answer of everything that changes the caller's methods, or reads them. */
export function methodsAnswer(description: string, examples: Record<string, PaymentMethodJson[]>): SuccessAnswer {
  const lists: Record<string, {results: PaymentMethodJson[]}> = {}
  for (const [name, results] of Object.entries(examples)) lists[name] = {results}
  return {description, body: PaymentMethods, headers: noStoreHeaders, examples: lists}
}

export async function sendMethods(
  response: Response,
  db: Knex,
  {gateway}: PaymentContext,
  userId: number,
): Promise<void> {
  const methods = await listMethods(db, {userId, provider: gateway.name})
  response.json({results: methods.map(paymentMethodJson)})
}

export function readMethodId(request: Request): number {
  const id = readId(request)
  if (id === undefined) throw new UnknownPaymentMethodError(Number(request.params.id))
  return id
}
