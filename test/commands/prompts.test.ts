import test from 'ava'

import {migrationSource} from '../../src/db/migrate.ts'
import {placeOrder} from '../../src/services/checkout/place-order.ts'
import {createDatabase} from '../helpers/database.ts'
import {runShop} from '../helpers/run.ts'
import {addProduct, addUser, stockOf, usdOrder} from '../helpers/shop.ts'
import {ctrlC, enter, hasTerminal, openTerminal} from '../helpers/terminal.ts'

const inTerminal = hasTerminal ? test : test.skip

inTerminal('create-user asks for the name, and twice for the password without showing it', async (t) => {
  const {db, url} = await createDatabase(t)

  const terminal = openTerminal(t, ['create-user'], {DATABASE_URL: url})
  await terminal.see('Username')
  terminal.type(`anna${enter}`)
  await terminal.see('New password')
  terminal.type(`short${enter}`)
  await terminal.see('The password is too short. Use at least 8 characters.')
  terminal.type(`${'\u007f'.repeat(5)}secret password${enter}`)
  await terminal.see('Repeat the password')
  terminal.type(`other${enter}`)
  await terminal.see('> The passwords do not match. Enter both again.')
  await terminal.see('New password')
  terminal.type(`secret password${enter}`)
  await terminal.see('Repeat the password')
  terminal.type(`secret password${enter}`)
  await terminal.see('Created user anna.')

  t.is(await terminal.exitCode, 0)
  t.notRegex(terminal.shown(), /secret|other|✔ The/)
  t.is(terminal.shown().match(/✔ Repeat the password/g)?.length, 1)
  t.deepEqual(await db('users').pluck('username'), ['anna'])
})

inTerminal('create-user refuses a name that is malformed or taken before it asks for a password', async (t) => {
  const {db, url} = await createDatabase(t)
  await addUser(db, 'bob')

  const asked = openTerminal(t, ['create-user'], {DATABASE_URL: url})
  await asked.see('Username')
  asked.type(`new user${enter}`)
  await asked.see('A username must have 1 to 150 characters')
  asked.type(`${'\u007f'.repeat(8)}bob${enter}`)
  await asked.see('The username "bob" is already taken.')
  asked.type(`2${enter}`)
  await asked.see('New password')
  asked.type(ctrlC)
  const given = openTerminal(t, ['create-user', 'bob'], {DATABASE_URL: url})
  await given.see('Error: The username "bob" is already taken.')

  t.deepEqual(await Promise.all([asked.exitCode, given.exitCode]), [130, 1])
  t.notRegex(given.shown(), /password/)
})

inTerminal('place-order offers products to pick, and asks for confirmation', async (t) => {
  const {db, url} = await createDatabase(t)
  await addUser(db, 'matt')
  const rice = await addProduct(db, {name: 'Rice', stock: 5, price: 250})
  const tea = await addProduct(db, {name: 'Tea', stock: 5, price: 100})

  const terminal = openTerminal(t, ['place-order'], {DATABASE_URL: url})
  await terminal.see('User')
  terminal.type(`matt${enter}`)
  await terminal.see('Rice at 2.50 USD, 5 in stock')
  terminal.type('te')
  await terminal.see('te\r\n❯ Tea')
  terminal.type(enter)
  await terminal.see('How many?')
  terminal.type(`2${enter}`)
  await terminal.see('Another product?')
  terminal.type(`y${enter}`)
  await terminal.see('❯ Rice')
  terminal.type(enter)
  await terminal.see('How many?')
  terminal.type(enter)
  await terminal.see('Order 2 x Tea, 1 x Rice for 4.50 USD?')
  terminal.type(`y${enter}`)
  await terminal.see('Placed order 1: 4.50 USD')

  t.is(await terminal.exitCode, 0)
  t.deepEqual([await stockOf(db, rice), await stockOf(db, tea)], [4, 3])
})

inTerminal('place-order orders nothing if the buyer does not confirm', async (t) => {
  const {db, url} = await createDatabase(t)
  await addUser(db, 'matt')
  await addProduct(db, {name: 'Rice'})

  const terminal = openTerminal(t, ['place-order', '--user', 'matt'], {DATABASE_URL: url})
  await terminal.see('❯ Rice')
  terminal.type(enter)
  await terminal.see('How many?')
  terminal.type(enter)
  await terminal.see('Order 1 x Rice')
  terminal.type(enter)
  await terminal.see('Nothing was ordered.')

  t.is(await terminal.exitCode, 0)
  t.notRegex(terminal.shown(), /Error/)
  t.deepEqual(await db('orders'), [])
})

inTerminal('adjust-stock finds sold-out products too, and asks for the quantity', async (t) => {
  const {db, url} = await createDatabase(t)
  await addProduct(db, {name: 'Rice', stock: 5})
  const tea = await addProduct(db, {name: 'Tea', stock: 0})

  const terminal = openTerminal(t, ['adjust-stock'], {DATABASE_URL: url})
  await terminal.see('1: Rice, 5 on hand')
  terminal.type('te')
  await terminal.see('te\r\n❯ 2: Tea, 0 on hand')
  terminal.type(enter)
  await terminal.see('Quantity in stock pool default?')
  terminal.type(`12${enter}`)
  await terminal.see('Product 2 in stock pool default: 0 -> 12.')

  t.is(await terminal.exitCode, 0)
  t.is(await stockOf(db, tea), 12)
})

inTerminal('create-pool asks for a name, cancel-order and show-order for an order id', async (t) => {
  const {db, url} = await createDatabase(t)
  const productId = await addProduct(db, {stock: 5})
  await placeOrder(db, usdOrder(await addUser(db, 'matt'), [{productId, quantity: 2}]))

  const pool = openTerminal(t, ['create-pool'], {DATABASE_URL: url})
  await pool.see('Name of the stock pool')
  pool.type(`east${enter}`)
  await pool.see('Created stock pool east.')
  const cancelled = openTerminal(t, ['cancel-order'], {DATABASE_URL: url})
  await cancelled.see('Order')
  cancelled.type(`x${enter}`)
  await cancelled.see('Enter a positive whole number.')
  cancelled.type(`\u007f1${enter}`)
  await cancelled.see('Cancel order 1 of matt for 20.00 USD? This cannot be undone. (y/N)')
  cancelled.type(`y${enter}`)
  await cancelled.see('Cancelled order 1 of matt.')
  const again = openTerminal(t, ['cancel-order', '1'], {DATABASE_URL: url})
  await again.see('Error: Order 1 is already cancelled.')
  const shown = openTerminal(t, ['show-order'], {DATABASE_URL: url})
  await shown.see('Order')
  shown.type(`1${enter}`)
  await shown.see('Order 1 of matt')

  t.deepEqual(await Promise.all([pool.exitCode, cancelled.exitCode, shown.exitCode, again.exitCode]), [0, 0, 0, 1])
  t.is(await stockOf(db, productId), 5)
})

inTerminal('cancel-order cancels nothing after a no, and revoke-tokens offers the tokens', async (t) => {
  const {db, url} = await createDatabase(t)
  const productId = await addProduct(db, {stock: 5})
  const userId = await addUser(db, 'matt')
  await placeOrder(db, usdOrder(userId, [{productId, quantity: 2}]))
  await db('auth_tokens').insert({token_hash: Buffer.alloc(32), user_id: userId})

  const cancelled = openTerminal(t, ['cancel-order', '1'], {DATABASE_URL: url})
  await cancelled.see('(y/N)')
  cancelled.type(enter)
  await cancelled.see('Nothing was cancelled.')
  const revoked = openTerminal(t, ['revoke-tokens', 'matt'], {DATABASE_URL: url})
  await revoked.see('❯ 000000000000, created 2')
  revoked.type(enter)
  await revoked.see('Revoked 1 token of matt.')

  t.deepEqual(await Promise.all([cancelled.exitCode, revoked.exitCode]), [0, 0])
  t.is(await stockOf(db, productId), 3)
})

inTerminal('migrate rollback says what would be deleted, and asks for the name of the database', async (t) => {
  const {db, url} = await createDatabase(t)
  const database = new URL(url).pathname.slice(1)
  await addUser(db)
  // Leaves only the migration that created the tables.
  const {length} = await migrationSource.getMigrations([])
  for (let count = 1; count < length; count++)
    await runShop(['migrate', 'rollback', '--yes'], {env: {DATABASE_URL: url}})
  const open = () => openTerminal(t, ['migrate', 'rollback'], {DATABASE_URL: url})

  const refused = open()
  await refused.see(`Rolling back 20261123000000_initial in the database ${database} deletes for good:`)
  await refused.see('table users: 1 row')
  await refused.see('type the name of the database')
  refused.type(`y${enter}`)
  await refused.see('Nothing was rolled back.')
  t.is(await refused.exitCode, 1)
  t.true(await db.schema.hasTable('orders'))

  const confirmed = open()
  await confirmed.see('type the name of the database')
  confirmed.type(`${database}${enter}`)
  await confirmed.see('Rolled back 20261123000000_initial')
  t.is(await confirmed.exitCode, 0)
  t.false(await db.schema.hasTable('orders'))
})

inTerminal('Ctrl-C at a prompt exits with 130 and without a stack', async (t) => {
  const {url} = await createDatabase(t)

  const terminal = openTerminal(t, ['create-user', 'anna'], {DATABASE_URL: url})
  await terminal.see('New password')
  terminal.type(ctrlC)

  t.is(await terminal.exitCode, 130)
  t.notRegex(terminal.shown(), /Error|\n\s+at /)
})

inTerminal('a table fits the terminal, and NO_COLOR turns its colours off', async (t) => {
  const {db, url} = await createDatabase(t)
  await addProduct(db, {name: `${'Long grain rice '.repeat(10)}${'x'.repeat(40)}`})

  const colored = openTerminal(t, ['list-products'], {DATABASE_URL: url})
  const plain = openTerminal(t, ['list-products'], {DATABASE_URL: url, NO_COLOR: '1'})
  await Promise.all([colored.exitCode, plain.exitCode])

  const lines = plain.raw().split('\r\n')
  t.true(colored.raw().includes('\u001b['))
  t.false(plain.raw().includes('\u001b['))
  t.is(Math.max(...lines.map((line) => line.length)), 100)
  t.regex(plain.raw().replaceAll(/[^\w]/g, ''), /x{40}/)
})
