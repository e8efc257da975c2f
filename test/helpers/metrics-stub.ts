import {once} from 'node:events'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'

import type {ExecutionContext} from 'ava'

export type MetricsStub = {url: string; scrapes: () => number}

/** A metrics endpoint that answers with what `write` returns for the first scrape (1) and the next ones. */
export async function startMetricsStub(t: ExecutionContext, write: (scrape: number) => string): Promise<MetricsStub> {
  let scrapes = 0
  const server = createServer((_, response) => {
    scrapes++
    response.end(write(scrapes))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return {url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`, scrapes: () => scrapes}
}
