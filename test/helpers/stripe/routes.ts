import type {Books} from './books.ts'
import type {Form} from './form.ts'
import {cancelIntent, captureIntent, confirmIntent, createIntent, listIntents, retrieveIntent} from './intents.ts'
import {
  attachMethod,
  confirmSetup,
  createCustomer,
  createSetup,
  detachMethod,
  retrieveMethod,
  retrieveSetup,
} from './methods.ts'
import {missing} from './refusal.ts'
import {createRefund, listRefunds, retrieveRefund} from './refunds.ts'

type Handler = (books: Books, form: Form, id: string) => object

/** All that the double implements. */
const routes: Readonly<Record<string, Handler>> = {
  'POST /v1/customers': createCustomer,
  'POST /v1/setup_intents': createSetup,
  'GET /v1/setup_intents/:id': retrieveSetup,
  'POST /v1/setup_intents/:id/confirm': confirmSetup,
  'GET /v1/payment_methods/:id': retrieveMethod,
  'POST /v1/payment_methods/:id/attach': attachMethod,
  'POST /v1/payment_methods/:id/detach': detachMethod,
  'POST /v1/payment_intents': createIntent,
  'GET /v1/payment_intents': listIntents,
  'GET /v1/payment_intents/:id': retrieveIntent,
  'POST /v1/payment_intents/:id/confirm': confirmIntent,
  'POST /v1/payment_intents/:id/capture': captureIntent,
  'POST /v1/payment_intents/:id/cancel': cancelIntent,
  'POST /v1/refunds': createRefund,
  'GET /v1/refunds': listRefunds,
  'GET /v1/refunds/:id': retrieveRefund,
  'GET /v1/events': listEvents,
  'GET /v1/events/:id': retrieveEvent,
}

export function routeOf(method: string, path: string): {route: string; id: string; handler: Handler | undefined} {
  const [, version, resource, id, action] = path.split('/')
  const pattern = ['', version, resource, id && ':id', action].filter((part) => part !== undefined).join('/')
  const route = `${method} ${pattern}`
  return {route, id: id ?? '', handler: routes[route]}
}

function listEvents(books: Books, form: Form): object {
  form.allow('limit')
  const data = [...books.events].reverse()
  const limit = form.integer('limit') ?? 10
  return {object: 'list', data: data.slice(0, limit), has_more: data.length > limit, url: '/v1/events'}
}

function retrieveEvent(books: Books, form: Form, id: string): object {
  form.allow()
  const event = books.events.find((one) => one.id === id)
  if (!event) throw missing('event', id)
  return event
}
