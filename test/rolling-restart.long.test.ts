import test from 'ava'

import {startBuyers} from './helpers/buyers.ts'
import {checkBooks} from './helpers/books.ts'
import {createDatabase} from './helpers/database.ts'
import {findFreePort, nginxBinary, startNginx} from './helpers/nginx.ts'
import {type ServeProcess, spawnServe} from './helpers/serve.ts'

const withNginx = nginxBinary === undefined ? test.skip : test

if (nginxBinary === undefined)
  process.stderr.write('SKIPPED: test/rolling-restart.long.test.ts needs nginx, which is not installed.\n')

const restarts = 12

withNginx(
  'rolling restarts behind nginx fail no order, on connections that are kept alive and on new ones',
  async (t) => {
    const {db, url} = await createDatabase(t)
    const start = async (
      port: number,
      workers: string,
    ): Promise<{shop: ServeProcess; port: number; workers: string}> => {
      // As in docker-compose.yml.
      const env = {DATABASE_URL: url, SHOP_DRAIN_SECONDS: '5'}
      const shop = spawnServe(t, env, ['--port', String(port), '--workers', workers])
      await shop.url
      return {shop, port, workers}
    }
    // A port that the system gives is given to others while its replica is restarted.
    const replicas = [await start(await findFreePort(), '1'), await start(await findFreePort(), '2')]
    const {port, readLog} = await startNginx(t, ...replicas.map(({port}) => port))
    const origin = `http://127.0.0.1:${port}`
    const kinds = [
      await startBuyers(t, {db, origin, connections: 8}),
      await startBuyers(t, {db, origin, connections: 8, keepAlive: false}),
    ]

    for (let count = 0; count < restarts; count++) {
      const index = count % 2
      const replica = replicas[index]
      if (!replica) return
      replica.shop.child.kill('SIGTERM')
      t.is(await replica.shop.exitCode, 0)
      // The next one is restarted at once, although nginx may still leave this one out.
      replicas[index] = await start(replica.port, replica.workers)
    }

    const purchases = (await Promise.all(kinds.map(async (buyers) => buyers.stop()))).flat()
    t.log(`${purchases.length} orders`)
    t.deepEqual(new Set(purchases.map(({answer}) => answer?.status)), new Set([201]))
    await checkBooks(t, db, purchases)
    // Each replica passed orders on.
    t.true(((await readLog()).match(/ 504, /g)?.length ?? 0) >= restarts)
  },
)
