import type {Metric} from '../../metrics/metric.ts'
import type {ShopMetrics} from '../../metrics/shop-metrics.ts'

/** The metrics of a serving process. */
export type MetricsSource = {
  /** What the shop counts. */
  shop: ShopMetrics
  /** All of them, with those of the process itself. */
  read: () => Promise<Metric[]>
}

/** Begins to watch this process. Loads prom-client, which a shop without metrics does not need. */
export async function openMetrics(): Promise<MetricsSource> {
  const [{watchProcess}, {ShopMetrics}] = await Promise.all([
    import('../../metrics/exposition.ts'),
    import('../../metrics/shop-metrics.ts'),
  ])
  const shop = new ShopMetrics()
  const readProcess = watchProcess()
  return {shop, read: async () => [...(await shop.read()), ...(await readProcess())]}
}
