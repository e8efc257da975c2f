import {PaymentUnavailableError} from '../../../errors.ts'
import {isProviderFailure} from '../../../gateways/health.ts'
import {withTimeLimit} from '../../../services/payments/time-limit.ts'
import type {AppContext, PaymentContext} from '../../context.ts'

/**
 * Calls the provider for a request, which waits no longer than `waitMs`, nor longer than the server runs. Throws
 * PaymentUnavailableError if the provider gives no usable answer.
 */
export async function askProvider<Result>(
  {signal, waitMs}: PaymentContext,
  ask: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  try {
    return await withTimeLimit(signal, waitMs, ask)
  } catch (error) {
    if (isProviderFailure(error)) throw new PaymentUnavailableError({cause: error})
    throw error
  }
}

/** Only shops that take payments serve the resources that need this. */
export function requirePayments({payments}: AppContext): PaymentContext {
  if (!payments) throw new Error('This shop takes no payments.')
  return payments
}
