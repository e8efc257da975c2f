import test from 'ava'

import {addCounts} from '../../../src/metrics/add-counts.ts'
import {figure} from '../../../src/metrics/metric.ts'
import {toText} from '../../../src/metrics/exposition.ts'
import {ShopMetrics} from '../../../src/metrics/shop-metrics.ts'
import {parseScrape} from '../../helpers/metrics.ts'

test('the metrics of several processes are summed by their labels', async (t) => {
  const [one, other] = [new ShopMetrics(), new ShopMetrics()]
  one.ordersRefused.inc({code: 'busy'})
  other.ordersRefused.inc({code: 'busy'}, 2)
  other.ordersRefused.inc({code: 'invalid'})

  t.like(parseScrape(await toText([await one.read(), await other.read()])), {
    'shop_orders_refused_total{code="busy"}': 3,
    'shop_orders_refused_total{code="invalid"}': 1,
    shop_orders_placed_total: 0,
  })
})

test('a process that has ended leaves its counters and histograms, and no gauge', async (t) => {
  const counted = new ShopMetrics()
  counted.addGauge(() => figure('gauge', {name: 'queue', help: 'Jobs.'}, 3))
  const count = (): void => {
    counted.ordersRefused.inc({code: 'busy'})
    counted.batchJobs.observe(7)
  }
  count()

  const once = addCounts([], await counted.read())
  const twice = addCounts(once, await counted.read())

  const withoutGauge = async () => (await counted.read()).filter(({name}) => name !== 'queue')
  const byName = (metrics: {name: string}[]) => Object.fromEntries(metrics.map((metric) => [metric.name, metric]))
  t.deepEqual(byName(once), byName(await withoutGauge()))
  count()
  t.deepEqual(parseScrape(await toText([twice])), parseScrape(await toText([await withoutGauge()])))
})
