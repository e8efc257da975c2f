import {createHash} from 'node:crypto'
import {isDeepStrictEqual} from 'node:util'

import test, {type ExecutionContext} from 'ava'
import type {Knex} from 'knex'

import {audit} from '../../../../src/services/audit.ts'
import {loadDemo} from '../../../../src/services/transfer/demo/demo.ts'
import {cheapBcrypt} from '../../../helpers/cheap-bcrypt.ts'
import {ask} from '../../../helpers/ask.ts'
import {findFaults} from '../../../helpers/fuzz/judge.ts'
import {type DocumentedOperation, operationsOf} from '../../../helpers/fuzz/operations.ts'
import {type FuzzRequest, requestsTo} from '../../../helpers/fuzz/requests.ts'
import {startShop, type TestShop} from '../../../helpers/http.ts'
import {api, paidApi} from '../../../helpers/openapi.ts'
import {startPayingShop} from '../../../helpers/paid-shop.ts'
import {fc, seed, sized} from '../../../helpers/tier.ts'

/*
 * Sends random requests that are generated from the document, some of them at once. TEST_SEED=N repeats the same
 * requests, and FUZZ_RUNS=N sends more. A failure is reduced to its smallest case.
 */
const numRuns = Number(process.env.FUZZ_RUNS ?? sized(60, 600))

const token = '3aa905c8b99b518e889df6fc02ec80dca142054e'

const headers = {authorization: `Token ${token}`}
const holds = {holdUserRate: 1_000_000}

test('every answer matches the document, and is one that its request can have', async (t) => {
  const shop = await startShop(t, {holds})
  await loadDemo(shop.db, cheapBcrypt)
  await placeOrders(shop, {})
  // These end the token of the other requests, and change the password in the example of a login.
  const operations = operationsOf(api).filter(({id}) => id !== 'logOut' && id !== 'changePassword')
  await fuzz(t, shop, {operations, numRuns})
})

test('so is every answer about payments', async (t) => {
  const {shop, gateway, method} = await startPayingShop(t, {holds})
  await loadDemo(shop.db, cheapBcrypt)
  const buyer = {userId: await findBuyer(shop.db)}
  await method(buyer, 'requires_action')
  await placeOrders(shop, {payment_method: 'default'})
  for (let count = 0; count < 30; count++) {
    const id = await method(buyer, 'ok')
    if (count === 0) await shop.send('PUT', `/payment-methods/${id}/default/`, {headers})
  }
  // The setup of the example, which the buyer has finished.
  await shop.db.raw(
    `insert into test_provider.setups (id, customer_id) select 'seti_1', id from test_provider.customers`,
  )
  await gateway.confirmSetup('seti_1', 'ok')

  const operations = operationsOf(paidApi()).filter(({path}) => {
    const isSame = isDeepStrictEqual(paidApi().document.paths?.[path], api.document.paths?.[path])
    return !isSame || path === '/basket/items/'
  })
  // These take a signature, and the id of a payment at the provider, which nobody can guess.
  const guarded = ['receiveWebhook', 'completeTestAction', 'completeTestSetup', 'showTestAction']
  await fuzz(t, shop, {operations, guarded, numRuns})
})

async function findBuyer(db: Knex): Promise<number> {
  const token_hash = createHash('sha256').update(token).digest()
  const found = await db('auth_tokens').where({token_hash}).first<{user_id: number} | undefined>('user_id')
  return found?.user_id ?? 0
}

/** Gives the reads some orders to find. */
async function placeOrders(shop: TestShop, body: object): Promise<void> {
  for (let count = 0; count < 20; count++) {
    await shop.send('PUT', '/orders/create/', {headers, json: {items: [{product_id: 6, quantity: 1}], ...body}})
  }
}

type FuzzOptions = {
  operations: DocumentedOperation[]
  /** Operations that no random request succeeds at. */
  guarded?: string[]
  numRuns: number
}

async function fuzz(
  t: ExecutionContext,
  shop: TestShop,
  {operations, guarded = [], numRuns}: FuzzOptions,
): Promise<void> {
  t.log(`TEST_SEED=${seed}`)
  const kinds = new Map<string, number>()
  const requests = requestsTo(operations, token)

  await fc.assert(
    fc.asyncProperty(fc.array(requests, {minLength: 1, maxLength: 12, size: 'max'}), async (some) => {
      const faults = await Promise.all(some.map(async (request) => send(shop, request, kinds)))
      if (faults.flat().length > 0) throw new Error(faults.flat().join('\n'))
    }),
    {numRuns, includeErrorInReport: true},
  )

  for (const {id} of operations.filter((one) => !guarded.includes(one.id))) {
    const more = requests.filter(({operationId}) => operationId === id)
    t.true(await succeeds(shop, id, kinds, more), `${id} was never answered with success`)
  }
  t.log(Object.fromEntries([...kinds].sort()))
  t.deepEqual(shop.errors, [])
  t.deepEqual((await audit(shop.db)).findings, [])
}

/** Sends a hundred more requests if the runs had none: which operations they hit is random. */
async function succeeds(
  shop: TestShop,
  id: string,
  kinds: Map<string, number>,
  requests: fc.Arbitrary<FuzzRequest>,
): Promise<boolean> {
  const hasSuccess = (): boolean => [...kinds.keys()].some((kind) => kind.startsWith(`${id} 2`))
  for (const request of hasSuccess() ? [] : fc.sample(requests, {seed, numRuns: 100})) {
    const faults = await send(shop, request, kinds)
    if (faults.length > 0) throw new Error(faults.join('\n'))
  }
  return hasSuccess()
}

/** Lists what is wrong with the answer. */
async function send(shop: TestShop, request: FuzzRequest, kinds: Map<string, number>): Promise<string[]> {
  const {operationId, method, path, headers, body} = request
  const init = {method, headers, ...(body && {body: new Uint8Array(body)})}
  const answer = await ask(shop.origin + path, init, shop.api)
  const code = (answer.body as {code?: string}).code ?? ''
  const kind = `${operationId ?? 'other method'} ${answer.status} ${code}`.trim()
  kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  return findFaults(request, answer).map((fault) => {
    const sent = `${method} ${path} ${JSON.stringify(headers)} ${body?.toString().slice(0, 1000) ?? ''}`
    return `${sent} ${fault}\n${JSON.stringify(answer.body).slice(0, 1000)}`
  })
}
