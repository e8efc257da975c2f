import {setTimeout as delay} from 'node:timers/promises'

import test from 'ava'

import {connect} from '../../../src/db/connect.ts'
import {migrationStatus} from '../../../src/db/migrate.ts'
import {planRollback, rollBack} from '../../../src/db/roll-back.ts'
import {createDatabase} from '../../helpers/database.ts'
import {spawnCommand} from '../../helpers/serve.ts'
import {addProduct} from '../../helpers/shop.ts'
import {until} from '../../helpers/until.ts'

test('a migration that waits for a lock holds up no reader, says so, and goes on when it is free', async (t) => {
  const {db, url} = await createDatabase(t)
  const productId = await addProduct(db)
  // The schema before a migration that changes the table of products.
  for (let last = ''; last !== '20261128300000_product_skus';) {
    last = (await planRollback(db))?.migration ?? ''
    await rollBack(db, {migration: last})
  }
  // As a server reads lists.
  const reads = connect(() => ({connectionString: url}), {poolSize: 1, lockMs: 1000, statementMs: 5000})
  t.teardown(async () => reads.destroy())
  const order = await db.transaction()
  await order.raw('select from products where id = ? for key share', [productId])

  const migration = spawnCommand(t, ['migrate'], {DATABASE_URL: url})
  await until(async () => Promise.resolve(migration.stderr().includes('Waiting')))
  // Until it has tried twice: each time readers wait for it, but not for so long that they give up.
  for (let waits = 0; waits < 2;) {
    const began = performance.now()
    await reads('products').first()
    if (performance.now() - began > 200) waits++
    await delay(10)
  }
  t.true((await migrationStatus(db)).pending.length > 0)
  await order.commit()

  t.is(await migration.exitCode, 0)
  t.deepEqual((await migrationStatus(db)).pending, [])
  t.regex(
    migration.stderr(),
    /^Waiting for a lock of another transaction; the oldest is \d+ seconds old \(shop, PID \d+\)\.\n$/,
  )
})
