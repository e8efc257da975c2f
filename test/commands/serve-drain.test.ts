import test from 'ava'

import {ask} from '../helpers/ask.ts'
import {createDatabase} from '../helpers/database.ts'
import {send} from '../helpers/send.ts'
import {spawnServe} from '../helpers/serve.ts'
import {addProduct, addToken, addUser, stockOf} from '../helpers/shop.ts'
import {until} from '../helpers/until.ts'

const drains = test.macro<[string[]]>({
  async exec(t, args) {
    const {db, url: database} = await createDatabase(t)
    const productId = await addProduct(db, {stock: 5})
    const authorization = `Token ${await addToken(db, await addUser(db))}`
    const shop = spawnServe(t, {DATABASE_URL: database, SHOP_DRAIN_SECONDS: '100'}, ['--port', '0', ...args])
    const url = await shop.url
    // A connection of its own each time, so that with several workers all of them are asked.
    const ready = async () => ask(`${url}/healthcheck/ready/`, {headers: {connection: 'close'}})
    const order = async (headers: Record<string, string> = {}) =>
      ask(`${url}/orders/create/`, {
        method: 'PUT',
        headers: {authorization, 'content-type': 'application/json', ...headers},
        body: JSON.stringify({items: [{product_id: productId, quantity: 1}]}),
      })
    t.is((await ready()).status, 200)

    shop.child.kill('SIGTERM')
    await until(async () => {
      const answers = [await ready(), await ready(), await ready()]
      return answers.every(({status}) => status === 503)
    })
    t.like((await ready()).body, {code: 'shutting_down'})
    const served = await order()
    t.is(served.status, 201)
    t.not(served.headers.get('connection'), 'close')

    // Only a proxy that offers to is asked to take an order elsewhere.
    const passedOn = await fetch(`${url}/orders/create/`, {method: 'PUT', headers: {'shop-pass-on': 'yes'}, body: '{}'})
    t.is(passedOn.status, 504)
    t.like(await passedOn.json(), {status: 504, code: 'shutting_down'})

    shop.child.kill('SIGTERM')
    t.is(await shop.exitCode, 0)
    t.is(await stockOf(db, productId), 4)
    t.regex(shop.stderr(), /SIGTERM: serving for 100 more seconds/)
  },
  title: (_, args) => `serve ${args.join(' ')} drains on SIGTERM: not ready, but it serves, until a second SIGTERM`,
})

test(drains, [])
test(drains, ['--workers', '2'])

test('serve answers until SHOP_DRAIN_SECONDS have passed, and then ends by itself', async (t) => {
  const {url: database} = await createDatabase(t)
  const shop = spawnServe(t, {DATABASE_URL: database, SHOP_DRAIN_SECONDS: '1.5'})
  const url = await shop.url
  const began = performance.now()

  shop.child.kill('SIGTERM')
  const list = async () => send({method: 'GET', url: `${url}/products/list/`})
  for (let reply = await list(); reply; reply = await list()) t.is(reply.status, 200)
  t.true(performance.now() - began >= 1500)

  t.is(await shop.exitCode, 0)
})
