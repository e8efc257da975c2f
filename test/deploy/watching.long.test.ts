import test from 'ava'
import type {Knex} from 'knex'

import {startWatchedShop, type WatchedShop} from '../helpers/metrics.ts'
import {hasPrometheus, type Prometheus, promtool, startPrometheus} from '../helpers/prometheus.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, addToken, addUser} from '../helpers/shop.ts'
import {until} from '../helpers/until.ts'
import {alerts, panels} from '../helpers/watching.ts'

// They need Debian's package `prometheus`, which .ci/run installs.
const withPrometheus = hasPrometheus ? test : test.skip

withPrometheus('promtool finds the example of a configuration valid', async (t) => {
  t.regex(await promtool('check', 'config', 'prometheus.yml'), new RegExp(`${alerts.length} rules found`))
})

withPrometheus('promtool finds that each alert fires when it should, and only then', async (t) => {
  t.regex(await promtool('test', 'rules', 'alerts.test.yml'), /SUCCESS/)
})

withPrometheus('each query of the dashboard and of the alerts finds data in a real Prometheus', async (t) => {
  const payments = {SHOP_PAYMENT: 'optional', SHOP_PAYMENT_PROVIDER: 'test'}
  // A replica that is down has figures, too.
  const replicas = {DATABASE_REPLICA_URL: 'postgres://shop@127.0.0.1:1/shop'}
  const shop = await startWatchedShop(t, {env: {...payments, ...replicas}})
  const buyer = await addBuyer(shop.db)
  await runShop(['add-test-method', buyer.username, '--default'], {env: {DATABASE_URL: shop.url, ...payments}})
  const prometheus = await startPrometheus(t, {shop: new URL(shop.metricsUrl).host})

  // A rate is that between two scrapes that have the series.
  for (const round of [1, 2]) {
    await buy(shop, buyer)
    await until(async () => (await valueOf(prometheus, 'shop_orders_placed_total')) === round * 3)
    await until(async () => (await valueOf(prometheus, 'shop_held_units')) === 2)
  }

  const queries = panels.flatMap(({title, targets = []}) => targets.map(({expr}) => ({title, expr})))
  for (const {title, expr} of queries) {
    const query = expr.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '1m')
    const series = await prometheus.query(query)
    t.true(
      series.some(({value: [, value]}) => Number.isFinite(Number(value))),
      `${title} has no data: ${query}`,
    )
  }
  t.is(await valueOf(prometheus, 'sum(rate(shop_orders_placed_total[1m])) > bool 0'), 1)

  for (const {alert, expr} of alerts) {
    if (alert === 'ShopNotReady') continue // needs the blackbox exporter
    for (const [selector] of expr.matchAll(/\b(?:up|shop_\w+|nodejs_\w+)\{[^}]*\}/g)) {
      // Nothing failed, so that only the names of these labels are there; watching.test.ts knows their values.
      const series = await prometheus.query(selector.replace(/,(code|outcome|status)=~?"[^"]*"/, ',$1!=""'))
      t.true(series.length > 0, `${alert} looks at ${selector}, which has no data`)
    }
  }
  const readHealth = async (): Promise<string[]> => {
    const {groups} = (await prometheus.get('/api/v1/rules')) as {groups: {rules: {health: string}[]}[]}
    return groups.flatMap(({rules}) => rules.map(({health}) => health))
  }
  await until(async () => !(await readHealth()).includes('unknown'))
  t.deepEqual(
    await readHealth(),
    alerts.map(() => 'ok'),
  )
})

type Buyer = {username: string; productId: number; headers: Record<string, string>}

async function addBuyer(db: Knex): Promise<Buyer> {
  const username = 'anna'
  const userId = await addUser(db, username)
  const headers = {authorization: `Token ${await addToken(db, userId)}`, 'content-type': 'application/json'}
  await addProduct(db, {name: 'Sold out', stock: 0})
  return {username, headers, productId: await addProduct(db, {name: 'Rice', stock: 1000})}
}

/** Three orders, one of them paid and one of a basket, and something of everything else that is counted. */
async function buy({origin}: WatchedShop, {productId, headers}: Buyer): Promise<void> {
  const send = async (method: string, path: string, body?: object): Promise<number> => {
    const response = await fetch(origin + path, {method, headers, ...(body && {body: JSON.stringify(body)})})
    await response.arrayBuffer()
    return response.status
  }
  const items = [{product_id: productId, quantity: 1}]
  const statuses = [
    await send('GET', '/products/list/'),
    await send('POST', '/auth/login/', {username: 'anna', password: 'wrong'}),
    await send('PUT', '/orders/create/', {items}),
    await send('PUT', '/orders/create/', {items, payment_method: 'default'}),
    await send('PUT', '/orders/create/', {items: [{product_id: productId, quantity: 5000}]}),
    await send('PUT', `/basket/items/${productId}/`, {quantity: 1}),
    await send('POST', '/basket/checkout/', {}),
    await send('PUT', `/basket/items/${productId}/`, {quantity: 2}),
  ]
  const expected = [200, 400, 201, 201, 400, 200, 201, 200]
  if (statuses.join() !== expected.join()) throw new Error(`The answers were ${statuses.join()}.`)
}

async function valueOf(prometheus: Prometheus, query: string): Promise<number | undefined> {
  const [series] = await prometheus.query(query)
  return series && Number(series.value[1])
}
