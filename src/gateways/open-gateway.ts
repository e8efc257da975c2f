import type {Knex} from 'knex'

import {ConfigurationError} from '../errors.ts'
import type {PaymentSettings} from '../payment-settings.ts'
import type {Gateway} from './gateway.ts'
import {createTestGateway, type TestGateway} from './test-provider/test-gateway.ts'

export type OpenGateway = {
  gateway: Gateway
  /** The same, if it is the test provider. */
  test?: TestGateway
  close: () => Promise<void>
}

/** Where the HTTP API serves the actions of the test provider, below the shop's address. */
export const testActionPath = (paymentId: string): `/${string}` => `/test-provider/actions/${paymentId}/`

/** The payment provider of a shop with these settings; undefined for a shop without payments. */
export async function openGateway(
  {mode, provider, stripe, test}: PaymentSettings,
  openPool: (options: {poolSize: number; name: string; keepsPlans: boolean}) => Knex,
): Promise<OpenGateway | undefined> {
  if (mode === 'none') return undefined
  if (provider === 'stripe') {
    if (!stripe) throw new ConfigurationError('STRIPE_SECRET_KEY must be set for the provider stripe.')
    // Imported here because no other shop needs it.
    const {createStripeGateway} = await import('./stripe/stripe-gateway.ts')
    return {gateway: await createStripeGateway(stripe), close: async () => Promise.resolve()}
  }
  // What it does is committed whatever becomes of the shop's transactions.
  const db = openPool({poolSize: 5, keepsPlans: true, name: 'test provider'})
  const gateway = createTestGateway({db, ...test, actionUrl: testActionPath})
  return {gateway, test: gateway, close: async () => db.destroy()}
}
