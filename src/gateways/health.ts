import {type Gateway, ProviderBusyError, UnknownOutcomeError} from './gateway.ts'

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
  now: () => number = () => performance.now(),
): {gateway: Gateway; health: ProviderHealth} {
  let failures = 0
  let nextProbe = 0

  function watched<Parameters extends unknown[], Result>(
    call: (...parameters: Parameters) => Promise<Result>,
  ): (...parameters: Parameters) => Promise<Result> {
    return async (...parameters) => {
      try {
        const result = await call(...parameters)
        failures = 0
        return result
      } catch (error) {
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
      createCustomer: watched(gateway.createCustomer),
      setUp: watched(gateway.setUp),
      readMethod: watched(gateway.readMethod),
      detach: watched(gateway.detach),
      pay: watched(gateway.pay),
      read: watched(gateway.read),
      find: watched(gateway.find),
      capture: watched(gateway.capture),
      cancel: watched(gateway.cancel),
      refund: watched(gateway.refund),
      readRefund: watched(gateway.readRefund),
      findRefund: watched(gateway.findRefund),
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

/** Whether a call ended without a usable answer of the provider. */
export function isProviderFailure(error: unknown): error is ProviderBusyError | UnknownOutcomeError {
  return error instanceof ProviderBusyError || error instanceof UnknownOutcomeError
}
