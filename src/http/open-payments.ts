import {setMaxListeners} from 'node:events'

import type {Knex} from 'knex'

import type {Config} from '../config.ts'
import {watchGateway} from '../gateways/health.ts'
import type {ShopMetrics} from '../metrics/shop-metrics.ts'
import {openGateway} from '../gateways/open-gateway.ts'
import {actionSeconds} from '../payment-settings.ts'
import type {BackgroundJob} from '../services/background.ts'
import {createReceiveEvent} from '../services/payments/events.ts'
import {createMethodLookup} from '../services/payments/methods.ts'
import {createPayNow} from '../services/payments/pay-now.ts'
import {pruneEvents} from '../services/payments/prune-events.ts'
import {workOnPayments} from '../services/payments/work.ts'
import type {PaymentContext} from './context.ts'

export type OpenPayments = {
  context: PaymentContext
  /** `url` is the address of the running server. */
  jobs: (url: string) => BackgroundJob[]
  close: () => Promise<void>
}

/** How long a request waits for the payment provider. */
const waitMs = 10_000

/** Opens the payment provider for a server; undefined if the shop takes no payments. */
export async function openPayments(
  db: Knex,
  {payments, holds}: Pick<Config, 'holds' | 'payments'>,
  openPool: Parameters<typeof openGateway>[1],
  {signal, metrics, notesWrites}: {signal: AbortSignal; metrics: ShopMetrics | undefined; notesWrites: boolean},
): Promise<OpenPayments | undefined> {
  const opened = await openGateway(payments, openPool)
  if (!opened) return undefined
  // Every call to the provider listens.
  setMaxListeners(0, signal)
  const {test: testGateway, close} = opened
  const {gateway, health} = watchGateway(opened.gateway, {metrics})
  const {mode, capture} = payments
  const settings = {holds, actionSeconds, notesWrites}
  return {
    context: {
      isRequired: mode === 'required',
      findMethod: createMethodLookup(db, gateway.name),
      payNow: createPayNow(db, gateway, {notesWrites}),
      receiveEvent: createReceiveEvent(db, gateway),
      ...{capture, gateway, testGateway, health, settings, waitMs, signal},
    },
    jobs: (url) => [
      {
        run: async () => workOnPayments(db, gateway, {settings, signal}),
        failure: 'Payments could not be worked on.',
      },
      {run: async () => pruneEvents(db), failure: 'Old events of payments could not be deleted.'},
      ...(testGateway
        ? [
            {
              run: async () => testGateway.deliverEvents({url: `${url}/webhooks/${gateway.name}/`}, signal),
              failure: 'The test provider could not send its events.',
            },
          ]
        : []),
    ],
    close,
  }
}
