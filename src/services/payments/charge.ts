import {PaymentRequiredError, type ShopError, UnpayableError} from '../../errors.ts'
import type {Gateway, Money} from '../../gateways/gateway.ts'

/** How an order is to be paid. */
export type Charge = {
  /** Undefined if the buyer named none. */
  method: ChargedMethod | undefined
  /** How the buyer named it, which a repeat of the request must not change. By its id, if omitted. */
  named?: number | 'default' | undefined
  /**
   * Why the order cannot be paid as its buyer wants, asked when all else is decided. One that was placed before is answered
   * all the same.
   */
  refusal?: (() => ShopError | undefined) | undefined
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

/** An order that costs nothing needs no payment. Throws PaymentRequiredError, UnpayableError or the refusal of the charge. */
export function paymentOf(charge: Charge | undefined, money: Money): NewPayment | undefined {
  if (!charge || money.amount === 0) return undefined
  const {method, refusal, isRequired, capture, returnUrl, gateway} = charge
  const obstacle = method && gateway.obstacleTo(money)
  if (obstacle) throw new UnpayableError(money, obstacle)
  const refused = refusal?.()
  if (refused) throw refused
  if (!method) {
    if (isRequired) throw new PaymentRequiredError()
    return undefined
  }
  return {provider: gateway.name, methodId: method.id, customerId: method.customerId, capture, returnUrl}
}
