import test from 'ava'

import {findPrices, setPrice} from '../../src/services/products/prices.ts'
import {createDatabase} from '../helpers/database.ts'
import {addProduct, addUser, stockOf} from '../helpers/shop.ts'
import {enter, hasTerminal, openTerminal} from '../helpers/terminal.ts'

const inTerminal = hasTerminal ? test : test.skip

const erase = (count: number) => '\u007f'.repeat(count)

inTerminal('create-product asks for name, price and stock until they are valid', async (t) => {
  const {db, url} = await createDatabase(t)

  const terminal = openTerminal(t, ['create-product'], {DATABASE_URL: url})
  await terminal.see('Product name')
  terminal.type(` ${enter}`)
  await terminal.see('this one has 0.')
  terminal.type(`Rice${enter}`)
  await terminal.see('Price in USD')
  terminal.type(`1.234${enter}`)
  await terminal.see('too many decimals. USD has 2')
  terminal.type(`${erase(1)}${enter}`)
  await terminal.see('Quantity in stock pool default?')
  terminal.type(`12${enter}`)
  await terminal.see('Created product 1, Rice.')

  t.is(await terminal.exitCode, 0)
  t.like(await db('products').first(), {name: 'Rice', enabled: true})
  t.is((await findPrices(db, {productIds: [1], currency: 'USD'})).get(1), 123)
  t.is(await stockOf(db, 1), 12)
})

inTerminal('create-product asks nothing if name and price are given', async (t) => {
  const {url} = await createDatabase(t)

  const terminal = openTerminal(t, ['create-product', 'Rice', '--price', '2.50'], {DATABASE_URL: url})
  await terminal.see('Created product 1, Rice.')

  t.is(await terminal.exitCode, 0)
  t.notRegex(terminal.shown(), /\?/)
})

inTerminal('set-price searches for a product and asks for its price in the currency', async (t) => {
  const {db, url} = await createDatabase(t)
  await addProduct(db, {name: 'Rice', stock: 0})

  const terminal = openTerminal(t, ['set-price', '--currency', 'JPY'], {DATABASE_URL: url})
  await terminal.see('❯ 1: Rice')
  terminal.type(enter)
  await terminal.see('Price in JPY')
  terminal.type(`-1${enter}`)
  await terminal.see('"-1" is negative.')
  terminal.type(`${erase(2)}150${enter}`)
  await terminal.see('Product 1 costs 150 JPY now.')

  t.is(await terminal.exitCode, 0)
})

inTerminal('update-product asks for an optional new name, and whether the product is for sale', async (t) => {
  const {db, url} = await createDatabase(t)
  await addProduct(db, {name: 'Rice', enabled: false})

  const terminal = openTerminal(t, ['update-product'], {DATABASE_URL: url})
  await terminal.see('❯ 1: Rice')
  terminal.type(enter)
  await terminal.see('New name (leave empty to keep "Rice")')
  terminal.type(enter)
  await terminal.see('For sale?')
  terminal.type(`y${enter}`)
  await terminal.see('Updated product 1: Rice, enabled.')

  t.is(await terminal.exitCode, 0)
  t.like(await db('products').first(), {name: 'Rice', enabled: true})
})

inTerminal('list-prices and show-product ask for the product', async (t) => {
  const {db, url} = await createDatabase(t)
  await addProduct(db, {name: 'Rice', price: 250})

  for (const [command = '', says = ''] of [
    ['list-prices', 'current'],
    ['show-product', 'Product 1, Rice'],
  ]) {
    const terminal = openTerminal(t, [command], {DATABASE_URL: url})
    await terminal.see('❯ 1: Rice')
    terminal.type(enter)
    await terminal.see(says)
    t.is(await terminal.exitCode, 0)
  }
})

inTerminal('place-order orders nothing if the total changed after the buyer confirmed it', async (t) => {
  const {db, url} = await createDatabase(t)
  await addUser(db, 'matt')
  const productId = await addProduct(db, {name: 'Rice', price: 250})

  const terminal = openTerminal(t, ['place-order', '--user', 'matt'], {DATABASE_URL: url})
  await terminal.see('❯ Rice')
  terminal.type(enter)
  await terminal.see('How many?')
  terminal.type(`2${enter}`)
  await terminal.see('Order 2 x Rice for 5.00 USD?')
  await setPrice(db, {productId, currency: 'USD', amount: 300})
  terminal.type(`y${enter}`)
  await terminal.see('The total is 6.00 USD, not 5.00. Nothing was ordered.')

  t.is(await terminal.exitCode, 1)
  t.deepEqual(await db('orders'), [])
})
