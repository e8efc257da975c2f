import {once} from 'node:events'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'

import test, {type ExecutionContext} from 'ava'
import type {Browser} from 'puppeteer-core'

import {loadDemo} from '../../../../src/services/transfer/demo/demo.ts'
import {cheapBcrypt} from '../../../helpers/cheap-bcrypt.ts'
import {chromiumBinary, openPage, startBrowser} from '../../../helpers/browser.ts'
import {startShop} from '../../../helpers/http.ts'

const withBrowser = chromiumBinary === undefined ? test.skip : test

if (chromiumBinary === undefined)
  process.stderr.write(
    'SKIPPED: test/src/http/edge/cors-in-browser.test.ts needs Chromium, which is not installed: apt-get install chromium.\n',
  )

let browser: Browser

test.before(async () => {
  if (chromiumBinary !== undefined) browser = await startBrowser()
})

test.after.always(async () => {
  if (chromiumBinary !== undefined) await browser.close()
})

withBrowser(
  'a page on an origin of SHOP_CORS_ORIGINS logs in, orders, repeats the order, and reads the headers',
  async (t) => {
    const {origin: pageOrigin, open} = await servePage(t)
    const {db, origin} = await startShop(t, {corsOrigins: [pageOrigin]})
    await loadDemo(db, cheapBcrypt)
    const {page, faults} = await open()

    const found = await page.evaluate(`(async () => {
    const call = async (method, path, json, headers = {}) => {
      const answer = await fetch('${origin}' + path, {
        method,
        body: json && JSON.stringify(json),
        headers: {'content-type': 'application/json', 'x-request-id': 'page', ...headers},
      })
      const text = await answer.text()
      return {status: answer.status, body: text && JSON.parse(text), headers: Object.fromEntries(answer.headers)}
    }
    const login = await call('POST', '/auth/login/', {username: 'matt', password: 'jackson'})
    const authorization = 'Token ' + login.body.token
    const order = {items: [{product_id: 6, quantity: 1}]}
    const key = {authorization, 'idempotency-key': 'k'}
    const placed = await call('PUT', '/orders/create/', order, key)
    const again = await call('PUT', '/orders/create/', order, key)
    const list = await call('GET', '/products/list/')
    const unchanged = await call('GET', '/products/list/', undefined, {'if-none-match': list.headers.etag})
    const emptied = await call('DELETE', '/basket/', undefined, {authorization})
    return {placed, again, list, unchanged, emptied}
  })()`)

    t.like(found, {
      placed: {status: 201, headers: {'x-request-id': 'page'}},
      again: {status: 201, headers: {'idempotent-replayed': 'true'}},
      list: {status: 200},
      unchanged: {status: 304},
      emptied: {status: 200},
    })
    t.deepEqual(faults, [])
  },
)

withBrowser('a page on any other origin reads nothing, and its order is not sent', async (t) => {
  const {open} = await servePage(t)
  const {db, origin, lines} = await startShop(t, {corsOrigins: ['http://localhost:1']})
  await loadDemo(db, cheapBcrypt)
  const {page, faults} = await open()

  const outcomes = await page.evaluate(`Promise.all([
    fetch('${origin}/products/list/'),
    fetch('${origin}/orders/create/', {method: 'PUT', headers: {'content-type': 'application/json'}, body: '{}'}),
  ].map((sent) => sent.then(() => 'read', (error) => error.name)))`)

  t.deepEqual(outcomes, ['TypeError', 'TypeError'])
  t.true(faults.some((fault) => fault.includes('blocked by CORS policy')))
  t.deepEqual(
    lines.filter(({method}) => method === 'PUT'),
    [],
  )
})

/** An empty page on an origin of its own. */
async function servePage(t: ExecutionContext) {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><link rel="icon" href="data:,">')
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`
  const open = async () => {
    const opened = await openPage(t, browser, 800)
    await opened.page.goto(origin)
    return opened
  }
  return {origin, open}
}
