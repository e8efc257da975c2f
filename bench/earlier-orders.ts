import {HttpConnection} from './http-connection.ts'
import {timeRequest} from './load.ts'
import {orderRequest} from './order-requests.ts'
import {hotProduct, manyProducts} from './prepare-database.ts'

/** Ten pages of history, which are the same in every run. */
const earlierOrders = 200

/** Places orders of two and three lines alternately, one at a time, so that each has its own time. */
export async function placeEarlierOrders(origin: string): Promise<void> {
  const connection = new HttpConnection(origin)
  try {
    await connection.opened()
    for (let order = 0; order < earlierOrders; order++) {
      const first = manyProducts.from + order * 3
      const productIds = [hotProduct, first, ...(order % 2 === 0 ? [] : [first + 1])]
      const items = productIds.map((productId, position) => ({product_id: productId, quantity: position + 1}))
      await timeRequest(connection, {request: () => orderRequest(items), status: 201})
    }
  } finally {
    connection.close()
  }
}
