import type {CallOutcome, ShopMetrics} from '../metrics/shop-metrics.ts'
import {type Gateway, ProviderBusyError, RefusedError, UnknownOutcomeError} from './gateway.ts'

/** Whether a provider answers, as far as this process has seen. */
export type ProviderHealth = {
  /** Whether a new payment may be begun. While the provider is down, one is let through now and then, to find out. */
  admits: () => boolean
}

/** A provider is down after so many calls in a row without a usable answer. */
const mostFailures = 5
const probeEveryMs = 5000

/** A gateway whose calls tell how the provider is. A refusal is an answer. */
export function watchGateway(
  gateway: Gateway,
  {now = () => performance.now(), metrics}: {now?: () => number; metrics?: ShopMetrics | undefined} = {},
): {gateway: Gateway; health: ProviderHealth} {
  let failures = 0
  let nextProbe = 0

  function watched<Parameters extends unknown[], Result>(
    operation: keyof Gateway,
    call: (...parameters: Parameters) => Promise<Result>,
  ): (...parameters: Parameters) => Promise<Result> {
    return async (...parameters) => {
      try {
        const result = await call(...parameters)
        failures = 0
        metrics?.paymentCalls.inc({operation, outcome: 'ok'})
        return result
      } catch (error) {
        metrics?.paymentCalls.inc({operation, outcome: outcomeOf(error)})
        if (isProviderFailure(error)) failures++
        else failures = 0
        if (failures === mostFailures) nextProbe = now() + probeEveryMs
        throw error
      }
    }
  }

  return {
    gateway: {
      ...gateway,
      createCustomer: watched('createCustomer', gateway.createCustomer),
      setUp: watched('setUp', gateway.setUp),
      readMethod: watched('readMethod', gateway.readMethod),
      detach: watched('detach', gateway.detach),
      pay: watched('pay', gateway.pay),
      read: watched('read', gateway.read),
      find: watched('find', gateway.find),
      capture: watched('capture', gateway.capture),
      cancel: watched('cancel', gateway.cancel),
      refund: watched('refund', gateway.refund),
      readRefund: watched('readRefund', gateway.readRefund),
      findRefund: watched('findRefund', gateway.findRefund),
    },
    health: {
      admits() {
        if (failures < mostFailures) return true
        if (now() < nextProbe) return false
        nextProbe = now() + probeEveryMs
        return true
      },
    },
  }
}

function outcomeOf(error: unknown): CallOutcome {
  if (error instanceof RefusedError) return 'refused'
  if (error instanceof ProviderBusyError) return 'busy'
  return error instanceof UnknownOutcomeError ? 'unknown' : 'failed'
}

/** Whether a call ended without a usable answer of the provider. */
export function isProviderFailure(error: unknown): error is ProviderBusyError | UnknownOutcomeError {
  return error instanceof ProviderBusyError || error instanceof UnknownOutcomeError
}
