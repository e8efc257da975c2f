import type {Config} from '../config.ts'
import type {Database} from '../db/open.ts'
import {NoPaymentProviderError, ProviderFailedError} from '../errors.ts'
import {type Gateway, ProviderBusyError, RefusedError, UnknownOutcomeError} from '../gateways/gateway.ts'
import {openGateway} from '../gateways/open-gateway.ts'
import type {TestGateway} from '../gateways/test-provider/test-gateway.ts'
import {actionSeconds} from '../payment-settings.ts'
import type {WorkOptions} from '../services/payments/advance.ts'

/** A payment provider, with what the services that use it need. */
export type Provider = WorkOptions & {
  gateway: Gateway
  /** The same, if it is the test provider. */
  test: TestGateway | undefined
}

/** That of a shop which may have none. */
export type PossibleProvider = Omit<Provider, 'gateway'> & {gateway: Gateway | undefined}

/** Opens the payment provider of the settings for `run`, and always closes it. Its failures become ShopErrors. */
export async function runWithPossibleGateway<T>(
  config: Config,
  {openPool}: Pick<Database, 'openPool'>,
  run: (provider: PossibleProvider) => Promise<T>,
): Promise<T> {
  const opened = await openGateway(config.payments, openPool)
  try {
    // Ctrl-C ends the process. The services give up a provider that does not answer.
    const {signal} = new AbortController()
    const settings = {holds: config.holds, actionSeconds}
    return await run({gateway: opened?.gateway, test: opened?.test, settings, signal})
  } catch (error) {
    throw explainProviderFailure(error)
  } finally {
    await opened?.close()
  }
}

/** The same for what cannot be done without a provider. Throws NoPaymentProviderError. */
export async function runWithGateway<T>(
  config: Config,
  database: Pick<Database, 'openPool'>,
  run: (provider: Provider) => Promise<T>,
): Promise<T> {
  return runWithPossibleGateway(config, database, async ({gateway, ...provider}) => {
    if (!gateway) throw new NoPaymentProviderError()
    return run({...provider, gateway})
  })
}

function explainProviderFailure(error: unknown): unknown {
  if (error instanceof RefusedError) {
    return new ProviderFailedError(`The payment provider refused: ${error.message}`, {cause: error})
  }
  if (error instanceof ProviderBusyError) {
    const message = 'The payment provider is busy. Nothing happened.'
    return new ProviderFailedError(message, {cause: error, hint: 'Try again in a minute.'})
  }
  if (error instanceof UnknownOutcomeError) {
    const message = 'The payment provider did not answer. It may have done what was asked.'
    return new ProviderFailedError(message, {cause: error, hint: 'To find out, run: shop reconcile-payments'})
  }
  return error
}
