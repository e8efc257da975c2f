import {PaymentUnavailableError} from '../../../errors.ts'
import {isProviderFailure} from '../../../gateways/health.ts'
import type {AppContext, PaymentContext} from '../../context.ts'

/**
 * Calls the provider for a request, which waits no longer than `waitMs`, nor longer than the server runs. Throws
 * PaymentUnavailableError if the provider gives no usable answer.
 */
export async function askProvider<Result>(
  {signal, waitMs}: PaymentContext,
  ask: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  // Node 20 may collect a signal of AbortSignal.timeout() before its time.
  const ending = new AbortController()
  const abort = (): void => {
    ending.abort(signal.reason)
  }
  const timer = setTimeout(() => {
    ending.abort(new DOMException('The payment provider did not answer in time.', 'TimeoutError'))
  }, waitMs)
  signal.addEventListener('abort', abort, {once: true})
  if (signal.aborted) abort()
  try {
    return await ask(ending.signal)
  } catch (error) {
    if (isProviderFailure(error)) throw new PaymentUnavailableError({cause: error})
    throw error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

/** Only shops that take payments serve the resources that need this. */
export function requirePayments({payments}: AppContext): PaymentContext {
  if (!payments) throw new Error('This shop takes no payments.')
  return payments
}
