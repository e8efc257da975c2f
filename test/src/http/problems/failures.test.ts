import test from 'ava'
import pg from 'pg'

import {connect as connectDatabase} from '../../../../src/db/connect.ts'
import {addCaller, startShop} from '../../../helpers/http.ts'

test('a lost database is 503 with Retry-After, and the answer gives no details', async (t) => {
  const gone = connectDatabase(() => ({connectionString: 'postgres://shop@127.0.0.1:1/gone'}), {poolSize: 2})
  t.teardown(async () => gone.destroy())
  const shop = await startShop(t, {db: gone})

  const {status, headers, body} = await shop.send('GET', '/products/list/')

  t.is(status, 503)
  t.is(headers.get('retry-after'), '5')
  t.is(body.code, 'database_unavailable')
  t.notRegex(JSON.stringify(body), /ECONN|127|gone/)
  t.is(shop.errors.length, 1)
})

const cannotServe = test.macro<[string]>({
  async exec(t, code) {
    const failure = Object.assign(new pg.DatabaseError('not now', 0, 'error'), {code})
    const shop = await startShop(t, {findTokenUser: async () => Promise.reject(failure)})
    const {headers: caller} = await addCaller(shop)

    const {status, headers, body} = await shop.send('GET', '/orders/history/', {headers: caller})

    t.is(status, 503)
    t.is(headers.get('retry-after'), '5')
    t.is(body.code, 'database_unavailable')
  },
  title: (_, code) => `a database that answers ${code} is 503 with Retry-After`,
})

// Read-only, full disk, out of memory, time-out, lock, shutdown, no table, no right, cached plan, no such role, deadlock.
for (const code of ['25006', '53100', '53200', '57014', '55P03', '57P01']) test(cannotServe, code)
for (const code of ['42P01', '42501', '0A000', '28000', '40P01']) test(cannotServe, code)

test('an unexpected failure is 500 with no more than the id of its log entry', async (t) => {
  const shop = await startShop(t, {
    findTokenUser: async () => Promise.reject(new Error('The shop has a bug.')),
  })
  const {headers: caller} = await addCaller(shop)

  const {status, headers, body} = await shop.send('GET', '/products/list/?search=secret', {headers: caller})

  t.is(status, 500)
  t.is(headers.get('content-type'), 'application/problem+json; charset=utf-8')
  t.like(body, {title: 'Internal Server Error', code: 'internal_error'})
  t.notRegex(JSON.stringify(body), /bug/)
  t.is(shop.errors.length, 1)
  // The query may contain personal data.
  t.like(shop.errors[0], {request_id: headers.get('x-request-id'), url: '/products/list/'})
})
