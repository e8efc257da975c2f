import test from 'ava'

import {createDatabase} from '../helpers/database.ts'
import {spawnShop as runShop} from '../helpers/run.ts'
import {addProduct} from '../helpers/shop.ts'

test('evaluates the lines of a pipe one after the other, with the services defined', async (t) => {
  const {db, url} = await createDatabase(t)
  await addProduct(db, {name: 'Rice'})
  const input = `
    const page = await listProducts(db, {
      page: 1, pageSize: 20, currency: 'USD'
    })
    console.log(page.results.map(({name}) => name).join())
    await db('products').whereIn('id', [1, 2]).update({name: 'Tea'})
    (await query(db, 'select name from products'))[0].name
  `

  const run = await runShop(['shell'], {env: {DATABASE_URL: url}, input})

  t.is(run.exitCode, 0)
  t.regex(run.stdout, /^Rice$/m)
  t.regex(run.stdout, /^'Tea'$/m)
})

for (const failure of [
  'nonsense',
  'await query(db, "select nonsense")',
  'throw new Error("nonsense")',
  'nonsense nonsense',
]) {
  test(`${failure} in a pipe makes it exit with 1`, async (t) => {
    const {url} = await createDatabase(t)

    const run = await runShop(['shell'], {env: {DATABASE_URL: url}, input: `${failure}\nconsole.log("on" + "ward")\n`})

    t.is(run.exitCode, 1)
    t.regex(run.stdout, /nonsense/)
    t.notRegex(run.stdout, /onward/)
  })
}

test('an empty pipe and .exit make it exit with 0', async (t) => {
  const {url} = await createDatabase(t)

  t.deepEqual(await runShop(['shell'], {env: {DATABASE_URL: url}}), {exitCode: 0, stdout: '', stderr: ''})
  t.deepEqual(await runShop(['shell'], {env: {DATABASE_URL: url}, input: '.exit\n1\n'}), {
    exitCode: 0,
    stdout: '',
    stderr: '',
  })
})
