import {HttpConnection, requestText} from './http-connection.ts'
import {timeRequest} from './load.ts'
import {mixedRequest} from './mixed-load.ts'
import {orderOf} from './order-requests.ts'
import {hotProduct} from './prepare-database.ts'

/** After one in 200 requests a client opens a new connection; after one in 400 it hangs up while an order is in flight. */
const reconnectsEvery = 200
const hangsUpEvery = 400

/** Places orders among other requests, then closes the connections. Returns the seconds that this took. */
export async function placeMany(
  origin: string,
  {orders, connections}: {orders: number; connections: number},
  signal: AbortSignal,
): Promise<number> {
  const start = performance.now()
  let left = orders

  async function work(): Promise<void> {
    let connection = await open(origin)
    try {
      while (left > 0) {
        signal.throwIfAborted()
        const mixed = mixedRequest()
        if (mixed.status === 201) left--
        await timeRequest(connection, mixed)
        const hangsUp = isOneIn(hangsUpEvery)
        if (hangsUp) await connection.abandon(requestText(orderOf(hotProduct)))
        if (!hangsUp && !isOneIn(reconnectsEvery)) continue
        connection.close()
        connection = await open(origin)
      }
    } finally {
      connection.close()
    }
  }

  await Promise.all(Array.from({length: connections}, work))
  return (performance.now() - start) / 1000
}

async function open(origin: string): Promise<HttpConnection> {
  const connection = new HttpConnection(origin)
  await connection.opened()
  return connection
}

function isOneIn(many: number): boolean {
  return Math.random() * many < 1
}
