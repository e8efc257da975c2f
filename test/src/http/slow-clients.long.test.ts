import {once} from 'node:events'
import {connect, type Socket} from 'node:net'
import {setTimeout as delay} from 'node:timers/promises'

import test, {type ExecutionContext} from 'ava'

import {checkBooks} from '../../helpers/books.ts'
import {type Buyers, startBuyers} from '../../helpers/buyers.ts'
import {createDatabase} from '../../helpers/database.ts'
import {spawnServe} from '../../helpers/serve.ts'
import {addProduct, addToken, addUser} from '../../helpers/shop.ts'

const slowCount = 2000
const honestCount = 16
const measureMs = 5000

type SlowClient = {name: string; start: (socket: Socket, token: string) => void}

const head = (method: string, path: string, token: string) =>
  `${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Token ${token}\r\n`

const kinds: SlowClient[] = [
  {name: 'idle', start: () => undefined},
  {
    name: 'slow headers',
    start(socket, token) {
      socket.write(head('GET', '/products/list/', token))
      drip(socket, 'X: x\r\n')
    },
  },
  {
    name: 'slow bodies',
    start(socket, token) {
      const type = 'Content-Type: application/json\r\nContent-Length: 900000\r\n\r\n'
      socket.write(head('PUT', '/orders/create/', token) + type + ' '.repeat(20_000))
      drip(socket, ' ')
    },
  },
  {
    name: 'slow readers',
    start(socket, token) {
      socket.write(`${head('GET', '/products/list/?page_size=100', token)}\r\n`.repeat(20))
    },
  },
]

test.serial(`${slowCount} slow connections, within the limit, do not stop ${honestCount} honest ones`, async (t) => {
  await withstand(t, {})
})

test.serial(`${slowCount} slow connections, twice the limit, do not stop ${honestCount} honest ones`, async (t) => {
  await withstand(t, {SHOP_MAX_CONNECTIONS: String(slowCount / 2)})
})

async function withstand(t: ExecutionContext, env: Record<string, string>): Promise<void> {
  const {db, url} = await createDatabase(t)
  const token = await addToken(db, await addUser(db))
  for (let n = 0; n < 100; n++) await addProduct(db, {name: `Product ${n}`})
  const shop = spawnServe(t, {DATABASE_URL: url, ...env})
  const origin = await shop.url
  const buyers = await startBuyers(t, {db, origin, connections: honestCount})
  await ratePerSecond(buyers)
  const before = await ratePerSecond(buyers)

  const sockets = await openSlow(t, Number(new URL(origin).port), token)
  const during = await ratePerSecond(buyers)
  // Beyond the limits of headers and idle connections.
  await delay(25_000)
  const after = await ratePerSecond(buyers)
  const open = sockets.filter(({closed}) => !closed).length

  const purchases = await buyers.stop()
  t.log(`orders/s: ${before} before, ${during} and ${after} with slow clients, of which ${open} are left`)
  t.deepEqual(new Set(purchases.map(({answer}) => answer?.status)), new Set([201]))
  t.true(during > before / 3, `${during} orders/s instead of ${before}`)
  t.true(after > before / 3, `${after} orders/s instead of ${before}`)
  t.true(open <= slowCount / 2, `${open} slow connections are left`)
  await checkBooks(t, db, purchases)
}

async function ratePerSecond(buyers: Buyers): Promise<number> {
  const count = buyers.confirmed()
  await delay(measureMs)
  return Math.round(((buyers.confirmed() - count) * 1000) / measureMs)
}

async function openSlow(t: ExecutionContext, port: number, token: string): Promise<Socket[]> {
  const sockets: Socket[] = []
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
  })
  for (let n = 0; n < slowCount; n++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    sockets.push(socket)
    await once(socket, 'connect')
    const kind = kinds[n % kinds.length]
    // Without being read, a socket does not notice its end.
    if (kind?.name !== 'slow readers') socket.resume()
    kind?.start(socket, token)
  }
  return sockets
}

function drip(socket: Socket, text: string): void {
  const timer = setInterval(() => socket.write(text), 1000)
  socket.once('close', () => {
    clearInterval(timer)
  })
}
