import {setTimeout as delay} from 'node:timers/promises'

import {ProviderBusyError, RefusedError, UnknownOutcomeError} from '../gateway.ts'

/** Makes a call to the provider, and resolves with its answer. */
export type Send = <Result>(signal: AbortSignal, act: () => Promise<Result>) => Promise<Result>

/**
 * What lies between the shop and the provider. A call spends half of `delayMs` on its way there, and half on its way back.
 * If the signal aborts before it has arrived, nothing happens; once it has arrived, the provider finishes it.
 */
export function createNetwork(delayMs: number): Send {
  const travel = async (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted()
    if (delayMs > 0) await delay(delayMs / 2, undefined, {signal})
  }
  return async (signal, act) => {
    try {
      await travel(signal)
      try {
        return await unlessAborted(signal, act())
      } finally {
        await travel(signal)
      }
    } catch (error) {
      if (error instanceof RefusedError || error instanceof ProviderBusyError || error instanceof UnknownOutcomeError) {
        throw error
      }
      throw new UnknownOutcomeError('The test provider did not answer.', {cause: error})
    }
  }
}

async function unlessAborted<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      reject(new UnknownOutcomeError('The call was given up before the answer came.', {cause: signal.reason}))
    }
    signal.addEventListener('abort', giveUp)
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', giveUp)
    })
  })
}
