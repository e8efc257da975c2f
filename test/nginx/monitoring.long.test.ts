import {startShop} from '../helpers/http.ts'
import {startNginx} from '../helpers/nginx.ts'
import {send, sendToShop, setUp, withNginx} from '../helpers/nginx-requests.ts'

withNginx('the id of a request is the same in the answer, and in the logs of nginx and the API', async (t) => {
  const shop = await startShop(t)
  const {port, readLog} = await startNginx(t, Number(new URL(shop.origin).port))
  const idOf = async (headers = {}) =>
    (await sendToShop(port, {path: '/products/list/', headers})).headers.get('x-request-id') ?? ''

  const ids = [await idOf(), await idOf({'X-Request-Id': 'mine'}), await idOf({'X-Request-Id': 'not mine'})]

  t.regex(ids[0] ?? '', /^[\da-f]{32}$/)
  t.is(ids[1], 'mine')
  t.regex(ids[2] ?? '', /^[\da-f]{32}$/)
  t.deepEqual(
    shop.lines.map((line) => line.request_id),
    ids,
  )
  const log = await readLog()
  for (const id of ids) t.true(log.includes(` id=${id} `), `${id} is in the log`)
})

withNginx('each request is logged as a line on stdout, without its credentials', async (t) => {
  const {port, readLog} = await setUp(t)

  await send(port, {path: '/products/list/', headers: {Authorization: 'Token secret'}})

  const log = await readLog()
  t.regex(log, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S+ 127\.0\.0\.1 "GET \/products\/list\/ HTTP\/1\.1" 200 /m)
  t.notRegex(log, /secret/)
})

withNginx('the state of nginx is for loopback only, and the shop does not show it', async (t) => {
  const {port, statusPort} = await setUp(t)

  const {status, body} = await send(statusPort, {path: '/stub_status'})

  t.is(status, 200)
  t.regex(body.toString(), /^Active connections: \d+/)
  t.is((await send(statusPort, {path: '/products/list/'})).status, 404)
  await t.throwsAsync(send(statusPort, {path: '/stub_status', to: '127.0.0.2'}), {code: 'ECONNREFUSED'})
  t.is((await send(port, {path: '/stub_status'})).body.toString(), '')
})
