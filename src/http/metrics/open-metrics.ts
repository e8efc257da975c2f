import type {Metric} from '../../metrics/instruments.ts'
import {ShopMetrics} from '../../metrics/shop-metrics.ts'

/** The metrics of a serving process. */
export type MetricsSource = {
  /** What the shop counts. */
  shop: ShopMetrics
  /** All of them, with those of the process itself. */
  read: () => Promise<Metric[]>
}

/** Begins to watch this process. Loads prom-client, which a shop without metrics does not need. */
export async function openMetrics(): Promise<MetricsSource> {
  const {watchProcess} = await import('../../metrics/exposition.ts')
  const shop = new ShopMetrics()
  const readProcess = watchProcess()
  return {shop, read: async () => [...shop.read(), ...(await readProcess())]}
}
