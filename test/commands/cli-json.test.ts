import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import test from 'ava'
import type {z} from 'zod'

import {decideJobs, setItem} from '../helpers/baskets.ts'
import {Audit, Dump, Generation, Load, Migrated, MigrationStatus, Rollback} from '../helpers/cli-json/maintenance.ts'
import {
  Basket,
  BasketPage,
  Payment,
  PaymentMethod,
  PaymentPage,
  Reconciliation,
  Refund,
  ReleasedHolds,
} from '../helpers/cli-json/payments.ts'
import {createDatabase} from '../helpers/database.ts'
import {placePaidOrder} from '../helpers/payments.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, addUser} from '../helpers/shop.ts'

// The other commands are held against their schemas in their own tests.

test('what commands of baskets, payments and maintenance print is as docs/cli-json.md says', async (t) => {
  const {db, url} = await createDatabase(t)
  const folder = await mkdtemp(join(tmpdir(), 'cli-json-'))
  t.teardown(async () => rm(folder, {recursive: true}))
  const userId = await addUser(db, 'matt')
  const productId = await addProduct(db, {name: 'Rice', stock: 10, price: 250})
  for (const capture of ['manual', 'automatic'] as const) await placePaidOrder(db, {userId, productId, capture})
  await decideJobs(db, [setItem(userId, productId, 2)])
  await db('stock_levels').increment('on_hand', 1)

  const schemas: [args: string[], schema: z.ZodType, exitCode?: number][] = [
    [['list-baskets'], BasketPage],
    [['show-basket', '1'], Basket],
    [['list-payments'], PaymentPage],
    [['capture', '1'], Payment],
    [['refund', '2', '--amount', '1'], Refund],
    [['add-test-method', 'matt'], PaymentMethod],
    [['reconcile-payments'], Reconciliation],
    [['release-holds', '--basket', '1', '--yes'], ReleasedHolds],
    [['audit'], Audit, 1],
    [['dump-fixture', join(folder, 'dump.json')], Dump],
    [['generate-fixture', join(folder, 'generated.json'), '--products', '2'], Generation],
    [['load-fixture', '-'], Load],
    [['migrate', 'status'], MigrationStatus],
    [['migrate', 'rollback', '--dry-run'], Rollback],
    [['migrate', 'rollback', '--yes'], Rollback],
    [['migrate'], Migrated],
  ]
  for (const [args, schema, exitCode = 0] of schemas) {
    const env = {DATABASE_URL: url, SHOP_PAYMENT: 'optional'}
    const run = await runShop([...args, '--json'], {env, input: 'name,price,stock\nTea,2.50,1\n'})
    t.is(run.exitCode, exitCode, `${args.join(' ')}: ${run.stdout}${run.stderr}`)
    const {error} = schema.safeParse(JSON.parse(run.stdout))
    t.is(error, undefined, `${args.join(' ')}: ${error?.message ?? ''}`)
  }
})
