import test from 'ava'

import {type Gateway, ProviderBusyError, RefusedError, UnknownOutcomeError} from '../../../src/gateways/gateway.ts'
import {watchGateway} from '../../../src/gateways/health.ts'
import {createTestGateway} from '../../../src/gateways/test-provider/test-gateway.ts'
import {connect} from '../../../src/db/connect.ts'

const unknown = new UnknownOutcomeError('The connection was reset.')
const busy = new ProviderBusyError('Try later.')
const refused = new RefusedError('resource_missing', 'There is no such payment.')

/** A gateway that answers `read` and `find` with what it is told to. */
function setUp() {
  const db = connect(() => ({connectionString: 'postgres://nobody@127.0.0.1:1/none'}), {poolSize: 1})
  const clock = {ms: 0}
  const answers: (Error | undefined)[] = []
  const next = async (): Promise<undefined> => {
    const answer = answers.shift()
    if (answer) throw answer
    return Promise.resolve(undefined)
  }
  const real = createTestGateway({db, webhookSecrets: ['secret'], actionUrl: (id) => id})
  const told: Gateway = {...real, find: next, detach: next}
  const {gateway, health} = watchGateway(told, {now: () => clock.ms})
  const {signal} = new AbortController()
  async function call(...results: (Error | undefined)[]): Promise<void> {
    for (const [index, result] of results.entries()) {
      answers.push(result)
      const sought = {reference: 'a', customerId: 'b', createdAt: '2026-11-26T00:00:00Z'}
      const called = index % 2 === 0 ? gateway.detach('one', signal) : gateway.find(sought, signal)
      await called.catch(() => undefined)
    }
  }
  return {clock, health, call}
}

test('a provider is down after five calls in a row without an answer, whichever they were', async (t) => {
  const {health, call} = setUp()
  await call(unknown, busy, unknown, busy)
  t.true(health.admits())
  await call(unknown)
  t.false(health.admits())
})

test('an answer in between starts the count again, and a refusal is an answer', async (t) => {
  const {health, call} = setUp()
  for (const answer of [undefined, refused]) {
    await call(unknown, unknown, unknown, unknown, answer, unknown, unknown, unknown, unknown)
    t.true(health.admits())
    await call(undefined)
  }
})

test('while the provider is down, one payment is let through every five seconds, until there is an answer', async (t) => {
  const {clock, health, call} = setUp()
  await call(unknown, unknown, unknown, unknown, unknown)
  t.false(health.admits())
  clock.ms = 4999
  t.false(health.admits())
  clock.ms = 5000
  t.true(health.admits())
  t.false(health.admits())
  await call(unknown)
  clock.ms = 10_000
  t.true(health.admits())
  await call(undefined)
  t.deepEqual([health.admits(), health.admits()], [true, true])
})
