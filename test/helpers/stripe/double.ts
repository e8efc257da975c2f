import {once} from 'node:events'
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'
import {text} from 'node:stream/consumers'
import type {ExecutionContext} from 'ava'
import {Stripe} from 'stripe'

import type {StripeOptions} from '../../../src/gateways/stripe/stripe-gateway.ts'
import {type Books, newBooks} from './books.ts'
import {type Fault, type Hold, refusals, serverError, takeFault} from './faults.ts'
import {Form} from './form.ts'
import {type Answer, forget, keep, type Keys, take} from './idempotency.ts'
import {postToIssuer} from './issuer.ts'
import {type DoubleEvent, newId} from './objects.ts'
import {Refusal} from './refusal.ts'
import {routeOf} from './routes.ts'

/**
 * A stand-in for Stripe's API on loopback, for what the shop uses of it: see routes.ts. It takes only parameters that it
 * implements, has only cards, whose issuers ask for a form with an `outcome`, knows the smallest and largest charge of USD alone, and never forgets an idempotency key.
 * Everything else answers 404.
 */
export type Double = {
  books: Books
  secretKey: string
  server: NonNullable<StripeOptions['server']>
  /** The routes of the requests so far. */
  requests: string[]
  /** Makes the next request to a route fail. */
  fail: (route: string, moment: Fault['moment'], failure: Fault['failure']) => void
  /** Keeps the next request to a route from being acted upon. */
  hold: (route: string) => {arrived: Promise<void>; release: () => void}
}

type State = {books: Books; keys: Keys; faults: Fault[]; holds: Hold[]; requests: string[]; secretKey: string}

export async function startStripe(t: ExecutionContext): Promise<Double> {
  const state: State = {
    books: newBooks(),
    keys: new Map(),
    faults: [],
    holds: [],
    requests: [],
    secretKey: newId('sk_test'),
  }
  const server = createServer((request, response) => {
    respond(state, request, response).catch((error: unknown) => {
      t.log(error)
      t.fail('The double of Stripe has a fault.')
      response.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const {port} = server.address() as AddressInfo
  state.books.origin = `http://127.0.0.1:${port}`
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })

  return {
    books: state.books,
    secretKey: state.secretKey,
    server: {host: '127.0.0.1', port, protocol: 'http'},
    requests: state.requests,
    fail: (route, moment, failure) => state.faults.push({route, moment, failure}),
    hold: (route) => {
      const {promise: arrived, resolve: arrive} = deferred()
      const {promise: released, resolve: release} = deferred()
      state.holds.push({route, arrive, released})
      return {arrived, release}
    },
  }
}

/** What Stripe would send to a webhook endpoint that has the secret. The timestamp is in seconds. */
export function sign(
  event: DoubleEvent,
  secret: string,
  timestamp?: number,
): {body: Buffer; headers: Record<string, string>} {
  const payload = JSON.stringify(event, null, 2)
  const signed = {payload, secret, ...(timestamp !== undefined && {timestamp})}
  return {
    body: Buffer.from(payload),
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'stripe-signature': Stripe.webhooks.generateTestHeaderString(signed),
    },
  }
}

async function respond(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request)
  const url = new URL(request.url ?? '', 'http://double')
  const [, page, ofPage = ''] = url.pathname.split('/')
  if (page === 'authenticate') {
    sendBack(response, postToIssuer(state.books, ofPage, new Form(body).required('outcome') === 'succeed'))
    return
  }
  const {route, id, handler} = routeOf(request.method ?? '', url.pathname)
  state.requests.push(route)
  const key = request.headers['idempotency-key']?.toString()
  let replayed: Answer | undefined

  const before = takeFault(state.faults, route, 'before')
  if (breaks(before, response)) return
  try {
    authenticate(state, request)
    const form = new Form(request.method === 'GET' ? url.search : body)
    if (before !== undefined && before !== 'server_error') throw refusals[before] ?? new Error(`no fault ${before}`)
    if (!handler)
      throw new Refusal(404, {type: 'invalid_request_error', message: `Unrecognized request URL (${route}).`})

    replayed = key === undefined ? undefined : take(state.keys, key, `${url.pathname} ${form.fingerprint}`)
    const answer = replayed ?? (await act(state, route, before, () => handler(state.books, form, id)))
    const after = takeFault(state.faults, route, 'after')
    const stored = after === 'server_error' ? toAnswer(serverError) : answer
    if (key !== undefined && !replayed) {
      if (isStored(stored)) keep(state.keys, key, stored)
      else forget(state.keys, key)
    }
    if (!breaks(after, response)) send(response, stored, replayed !== undefined)
  } catch (error) {
    send(response, toAnswer(error), false)
  }
}

/** A refusal of the handler is an answer too. */
async function act(
  state: State,
  route: string,
  before: Fault['failure'] | undefined,
  handle: () => object,
): Promise<Answer> {
  const index = state.holds.findIndex((hold) => hold.route === route)
  const [hold] = index === -1 ? [] : state.holds.splice(index, 1)
  hold?.arrive()
  await hold?.released
  if (before === 'server_error') return toAnswer(serverError)
  try {
    return {status: 200, body: structuredClone(handle())}
  } catch (error) {
    return toAnswer(error)
  }
}

function toAnswer(error: unknown): Answer {
  if (!(error instanceof Refusal)) throw error
  return {status: error.status, body: structuredClone(error.body)}
}

/** Stripe keeps no answer to a request whose parameters are invalid. */
function isStored({status, body}: Answer): boolean {
  const code = (body as {error?: {code?: string}}).error?.code ?? ''
  return status !== 404 && !code.startsWith('parameter_')
}

function authenticate({secretKey}: State, request: IncomingMessage): void {
  if (request.headers.authorization !== `Bearer ${secretKey}`) {
    const message = `Invalid API Key provided: ${request.headers.authorization?.slice(7, 15) ?? ''}****`
    throw new Refusal(401, {type: 'invalid_request_error', message})
  }
  if (request.headers['stripe-version'] !== Stripe.API_VERSION) {
    throw new Refusal(400, {type: 'invalid_request_error', message: 'The double has only the version of the library.'})
  }
}

/** Whether the client gets no complete response. */
function breaks(failure: Fault['failure'] | undefined, response: ServerResponse): boolean {
  if (failure === 'reset') response.destroy()
  if (failure === 'truncate') {
    response.writeHead(200, {'content-length': 1000})
    response.write('{"id": ', () => response.destroy())
  }
  return failure === 'hang' || failure === 'reset' || failure === 'truncate'
}

function send(response: ServerResponse, {status, body}: Answer, replayed: boolean): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'request-id': newId('req'),
    ...(replayed && {'idempotent-replayed': 'true'}),
  })
  response.end(JSON.stringify(body))
}

/** A browser that posts the form of an issuer's page. */
function sendBack(response: ServerResponse, location: string | undefined): void {
  response.writeHead(location === undefined ? 410 : 303, {...(location !== undefined && {location})})
  response.end()
}

function deferred(): {promise: Promise<void>; resolve: () => void} {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((fulfil) => {
    resolve = fulfil
  })
  return {promise, resolve}
}
