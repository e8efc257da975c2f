import {PaymentRequiredError, UnpayableError} from '../../errors.ts'
import type {Gateway, Money} from '../../gateways/gateway.ts'

/** How an order is to be paid. */
export type Charge = {
  /** Undefined if the buyer named none. */
  method: ChargedMethod | undefined
  /** Whether an order that costs something must be paid. */
  isRequired: boolean
  capture: 'automatic' | 'manual'
  returnUrl?: string | undefined
  gateway: Pick<Gateway, 'name' | 'obstacleTo'>
}

export type ChargedMethod = {
  id: number
  customerId: string
}

/** The payment to write with an order. */
export type NewPayment = {
  provider: string
  methodId: number
  customerId: string
  capture: Charge['capture']
  returnUrl: string | undefined
  /** The basket that becomes the order. */
  basketId?: number
}

/** An order that costs nothing needs no payment. Throws PaymentRequiredError or UnpayableError. */
export function paymentOf(charge: Charge | undefined, money: Money): NewPayment | undefined {
  if (!charge || money.amount === 0) return undefined
  const {method, isRequired, capture, returnUrl, gateway} = charge
  if (!method) {
    if (isRequired) throw new PaymentRequiredError()
    return undefined
  }
  const obstacle = gateway.obstacleTo(money)
  if (obstacle) throw new UnpayableError(money, obstacle)
  return {provider: gateway.name, methodId: method.id, customerId: method.customerId, capture, returnUrl}
}
