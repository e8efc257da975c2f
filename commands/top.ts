import {Flags} from '@oclif/core'

import {ShopCommand} from '../src/cli/base-command.ts'
import {localMetricsUrl, metricsUrlFlag} from '../src/cli/flags/metrics-url-flag.ts'
import {integerFlag} from '../src/cli/flags/number-flags.ts'
import {untilInterrupted} from '../src/cli/signals.ts'
import {drawFrame} from '../src/cli/top/frame.ts'
import {choosePaint} from '../src/cli/top/paint.ts'
import {topJson, type TopJson} from '../src/cli/top/top-json.ts'
import {describeLocation} from '../src/db/connect.ts'

export default class Top extends ShopCommand {
  static override summary =
    'Watch the shop sell: orders, refusals, queue, holds, payments, best sellers and what runs out.'
  static override description =
    'Reads the database of the whole shop, and the metrics of one server: without SHOP_METRICS_PORT, there are no refusals, ' +
    'latencies and queue. Never keeps an order waiting. Without a terminal, prints the figures once.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {
      description: 'The server runs elsewhere',
      command: '<%= config.bin %> <%= command.id %> --metrics-url http://10.0.0.7:9464/metrics',
    },
    {description: 'For a script', command: '<%= config.bin %> <%= command.id %> --once --json'},
  ]
  static override flags = {
    interval: integerFlag({
      summary: 'seconds between two looks',
      helpValue: 'SECONDS',
      min: 1,
      max: 3600,
      default: 2,
    }),
    once: Flags.boolean({summary: 'print the figures of one interval, and end'}),
    'metrics-url': metricsUrlFlag({
      summary: 'where the metrics of a server are; by default on SHOP_METRICS_PORT of this machine',
    }),
  }

  async run(): Promise<TopJson | undefined> {
    const {flags} = await this.parse(Top)
    const config = this.shopConfig()
    const metricsUrl = flags['metrics-url'] ?? localMetricsUrl(config)
    const {isTTY, columns} = process.stdout
    const options = {
      place: describeLocation(config.database),
      metricsUrl,
      intervalMs: flags.interval * 1000,
      paint: choosePaint({colors: isTTY && !config.noColor}),
    }
    const isLive = !flags.once && !this.jsonEnabled() && isTTY && process.stdin.isTTY
    const {glance, watch} = await import('../src/cli/top/watch.ts')
    const quit = new AbortController()
    const snapshot = await untilInterrupted(async (interrupted) => {
      const signal = AbortSignal.any([interrupted, quit.signal])
      return this.withDatabase(
        async (db) => (isLive ? watch(db, {...options, signal}, quit) : glance(db, {...options, signal})),
        {poolSize: 1, statementMs: patienceMs, acquireMs: patienceMs, name: 'shop top', signal},
      )
    })
    if (!snapshot) return undefined
    const frame = drawFrame(snapshot, {...options, width: (isTTY && columns) || 80, height: 60, sortedBy: 'sold'})
    for (const line of frame) this.log(line)
    return topJson(snapshot)
  }
}

/** A database that takes longer has other worries than this view, which then shows old figures and says so. */
const patienceMs = 5000
