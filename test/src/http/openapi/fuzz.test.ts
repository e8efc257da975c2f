import bcrypt from 'bcryptjs'
import test from 'ava'

import {audit} from '../../../../src/services/audit.ts'
import {loadDemo} from '../../../../src/services/transfer/demo/demo.ts'
import {ask} from '../../../helpers/ask.ts'
import {findFaults} from '../../../helpers/fuzz/judge.ts'
import {operations} from '../../../helpers/fuzz/operations.ts'
import {type FuzzRequest, requestsWith} from '../../../helpers/fuzz/requests.ts'
import {startShop} from '../../../helpers/http.ts'
import {fc, seed, sized} from '../../../helpers/tier.ts'

/*
 * Sends random requests that are generated from the document, some of them at once. TEST_SEED=N repeats the same
 * requests, and FUZZ_RUNS=N sends more. A failure is reduced to its smallest case.
 */
const numRuns = Number(process.env.FUZZ_RUNS ?? sized(60, 600))

const token = '3aa905c8b99b518e889df6fc02ec80dca142054e'

test('every answer matches the document, and is one that its request can have', async (t) => {
  t.log(`TEST_SEED=${seed}`)
  const shop = await startShop(t, {holds: {holdUserRate: 1_000_000}})
  await loadDemo(shop.db, bcrypt)
  // Gives the reads some orders to find.
  const authorization = `Token ${token}`
  for (let count = 0; count < 20; count++) {
    await shop.send('PUT', '/orders/create/', {headers: {authorization}, json: {items: [{product_id: 6, quantity: 1}]}})
  }
  const kinds = new Map<string, number>()

  await fc.assert(
    fc.asyncProperty(fc.array(requestsWith(token), {minLength: 1, maxLength: 12, size: 'max'}), async (requests) => {
      const faults = await Promise.all(requests.map(async (request) => send(shop.origin, request, kinds)))
      if (faults.flat().length > 0) throw new Error(faults.flat().join('\n'))
    }),
    {numRuns, includeErrorInReport: true},
  )

  for (const {id} of operations) t.true(await succeeds(shop.origin, id, kinds), `${id} was never answered with success`)
  t.log(Object.fromEntries([...kinds].sort()))
  t.deepEqual(shop.errors, [])
  t.deepEqual((await audit(shop.db)).findings, [])
})

/** Sends a hundred more requests if the runs had none: which operations they hit is random. */
async function succeeds(origin: string, id: string, kinds: Map<string, number>): Promise<boolean> {
  const hasSuccess = (): boolean => [...kinds.keys()].some((kind) => kind.startsWith(`${id} 2`))
  const more = requestsWith(token).filter(({operationId}) => operationId === id)
  for (const request of hasSuccess() ? [] : fc.sample(more, {seed, numRuns: 100})) {
    const faults = await send(origin, request, kinds)
    if (faults.length > 0) throw new Error(faults.join('\n'))
  }
  return hasSuccess()
}

/** Lists what is wrong with the answer. */
async function send(origin: string, request: FuzzRequest, kinds: Map<string, number>): Promise<string[]> {
  const {operationId, method, path, headers, body} = request
  const answer = await ask(origin + path, {method, headers, ...(body && {body: new Uint8Array(body)})})
  const code = (answer.body as {code?: string}).code ?? ''
  const kind = `${operationId ?? 'other method'} ${answer.status} ${code}`.trim()
  kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  return findFaults(request, answer).map((fault) => {
    const sent = `${method} ${path} ${JSON.stringify(headers)} ${body?.toString().slice(0, 1000) ?? ''}`
    return `${sent} ${fault}\n${JSON.stringify(answer.body).slice(0, 1000)}`
  })
}
