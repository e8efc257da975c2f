import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'

import {contentType, toText} from '../../metrics/exposition.ts'
import type {Metric} from '../../metrics/metric.ts'
import {createCoalescer} from '../coalesce.ts'
import {explain, urlOf} from '../listener/address.ts'
import type {Log} from '../log.ts'

export type MetricsServer = {
  /** Of the page with the metrics. */
  url: string
  close: () => Promise<void>
}

const path = '/metrics'
/** Few programs scrape a shop. */
const mostConnections = 100

/**
 * Serves the metrics to Prometheus on a port of their own, which only the operators' network should reach. Requests that
 * arrive together are answered together. Throws ConfigurationError if it cannot listen there.
 */
export async function serveMetrics(
  {host, port}: {host: string; port: number},
  read: () => Promise<Metric[][]>,
  log: Pick<Log, 'error'>,
): Promise<MetricsServer> {
  const coalesce = createCoalescer()
  const server = createServer((request, response) => {
    answer(request, response, async () => coalesce(path, async () => Buffer.from(await toText(await read())))).catch(
      (error: unknown) => {
        log.error({err: error}, 'The metrics could not be written.')
        response.writeHead(500).end()
      },
    )
  })
  server.maxConnections = mostConnections
  server.headersTimeout = 5000
  server.requestTimeout = 10_000
  // Longer than Prometheus pauses, so that it never sends into a closing socket.
  server.keepAliveTimeout = 75_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(explain(error, {host, port}, {host: 'SHOP_METRICS_HOST', port: 'SHOP_METRICS_PORT'}))
    })
    server.listen(port, host, resolve)
  })
  // Without a listener, an error of accept() would end the process.
  server.on('error', (error) => {
    log.error({err: error}, 'A connection for the metrics could not be accepted.')
  })
  return {
    url: urlOf(server.address() as AddressInfo) + path,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(
  {method, url}: IncomingMessage,
  response: ServerResponse,
  read: () => Promise<Buffer>,
): Promise<void> {
  if (url?.split('?', 1)[0] !== path) {
    response.writeHead(404).end()
  } else if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, {allow: 'GET, HEAD'}).end()
  } else {
    const text = await read()
    response.writeHead(200, {'content-type': contentType, 'cache-control': 'no-store'}).end(text)
  }
}
